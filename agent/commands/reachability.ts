import type { MemberReachability } from "../../client/index.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";

const exitCodeNotAll = 2;
const alive = 1;

export const reachability = simpleCommand({
	usage: "[options]",
	about: `Asks every member of the pool through gossip whether it hears this agent, and prints who did not acknowledge that in time and what
that means. Exit code 2 when these are not exactly the living members.`,
	examples: ["disco reachability", "disco reachability -timeout=10s -verbose"],
	flags: {
		...formatFlags,
		timeout: { kind: "duration", usage: "Time for the answers; by the size of the pool unless given" },
		verbose: { kind: "bool", usage: "Print who acknowledged, and when" },
		wan: { kind: "bool", usage: "Ask the servers of all datacenters" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		const { Members, Unknown } = await withClient(values, io, (client) =>
			client.agent.reachability({
				...(values.timeout === undefined ? {} : { forMs: values.timeout }),
				wan: values.wan === true,
			}),
		);
		const living = Members.filter(({ Status }) => Status === alive);
		const silent = living.filter(({ AckMs }) => AckMs === null);
		const gone = Members.filter(({ Status, AckMs }) => Status !== alive && AckMs !== null);
		const isWhole = silent.length === 0 && gone.length === 0 && Unknown.length === 0;
		if (json) {
			io.stdout(jsonText({ Members, Unknown }));
			return isWhole ? 0 : exitCodeNotAll;
		}
		if (values.verbose === true) io.stdout(lines(Members.filter(({ AckMs }) => AckMs !== null).sort(byTime)));
		io.stdout(`${living.length - silent.length} of ${living.length} living members acknowledged.\n`);
		if (silent.length > 0) io.stdout(`\nNo acknowledgement from:\n${lines(silent)}${silentMeans}`);
		if (gone.length > 0) io.stdout(`\nAcknowledged, but taken for failed or left:\n${lines(gone)}${goneMeans}`);
		if (Unknown.length > 0)
			io.stdout(
				`\nAcknowledged, but not in the pool:\n${Unknown.map((name) => `  ${name}\n`).join("")}${unknownMeans}`,
			);
		return isWhole ? 0 : exitCodeNotAll;
	},
});

const silentMeans = `
The pool takes them for alive, but the question or their answer was lost. Either they failed in the last seconds, which "disco members"
will show soon, or packets are dropped on one of the ways: look for a firewall that lets TCP through and not UDP, for an advertised
address that not every member reaches, and for members that are too busy to answer.
`;

const goneMeans = `
They hear gossip and answer, but probes of them failed. Either they have just come back, or one direction is broken: compare the address
above with the one they listen on, and look for lost UDP packets between them and the other members.
`;

const unknownMeans = `
Two members may use one name, or a member was just forgotten ("disco force-leave -prune").
`;

function lines(members: readonly MemberReachability[]): string {
	return members
		.map(({ Name, Addr, Port, AckMs }) => {
			const address = Addr.includes(":") ? `[${Addr}]:${Port}` : `${Addr}:${Port}`;
			return `  ${Name}  ${address}${AckMs === null ? "" : `  ${AckMs.toFixed(1)} ms`}\n`;
		})
		.join("");
}

function byTime(a: MemberReachability, b: MemberReachability): number {
	return (a.AckMs ?? 0) - (b.AckMs ?? 0);
}
