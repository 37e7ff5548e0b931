import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { gatherFacts } from "./doctor/facts.ts";
import { type Finding, findings } from "./doctor/rules.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";

const exitCodeFaults = 1;

/** What to do when the agent cannot even be asked. */
const adviceWithoutFacts = {
	AGENT_UNREACHABLE: "start it (disco agent), or give its address with -http-addr",
	AGENT_SILENT: "it hangs or a firewall drops what is sent to it; look at its log and at the machine's load",
	NOT_AN_AGENT: "another program has taken the port; give the agent's address with -http-addr",
	TOKEN_REFUSED: "give a token that may read agents, nodes and services with -token",
} as const;

export const doctor = simpleCommand({
	usage: "[options]",
	about: `Looks for faults of the agent, its services, the catalog and DNS. Each has a code, which stays the same between versions, and
what to do. Exit code 0 when nothing is wrong, 1 when something is.

  disco doctor
  disco doctor -resolver 127.0.0.53:53 -certificate /etc/disco/dc1-server-consul-0.pem
  disco doctor -format json | jq -r '.[].Code'`,
	flags: {
		resolver: {
			kind: "string",
			usage: "Also ask this resolver, which should forward the domain to the agent",
			placeholder: "address",
		},
		certificate: { kind: "list", usage: "Also look at this certificate's dates; may be repeated", placeholder: "file" },
		...formatFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		const facts = await withClient(values, io, (client) =>
			gatherFacts(client, {
				nowMs: Date.now,
				resolver: values.resolver,
				certificates: values.certificate ?? [],
			}),
		);
		const found: readonly Finding[] =
			"code" in facts ? [{ ...facts, advice: adviceWithoutFacts[facts.code] }] : findings(facts, Date.now());
		if (json) {
			io.stdout(jsonText(found.map(({ code, text, advice }) => ({ Code: code, Text: text, Advice: advice }))));
		} else if (found.length === 0) io.stdout("Nothing is wrong.\n");
		else for (const { code, text, advice } of found) io.stdout(`${code}: ${text}\n    ${advice}\n`);
		return found.length === 0 ? 0 : exitCodeFaults;
	},
});
