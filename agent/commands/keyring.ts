import type { Client } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";

/** What `GET /v1/operator/keyring` says of one pool. */
interface Keyring {
	readonly WAN: boolean;
	readonly Datacenter: string;
	readonly Segment: string;
	/** Key -> nodes that have it. */
	readonly Keys: Readonly<Record<string, number>> | null;
	readonly PrimaryKeys: Readonly<Record<string, number>> | null;
	readonly NumNodes: number;
}

const path = "/v1/operator/keyring";

export const keyring = simpleCommand({
	usage: "[options]",
	about: `Shows and changes the keys that gossip is encrypted with. A new key is first installed everywhere, then used, and then the
old one is removed.`,
	examples: ["disco keyring -list", "disco keyring -install $(disco keygen)"],
	flags: {
		install: { kind: "string", usage: "Give this key to every member", placeholder: "key" },
		list: { kind: "bool", usage: "Print the keys" },
		"list-primary": { kind: "bool", usage: "Print the keys that messages are encrypted with" },
		"local-only": { kind: "bool", usage: "Ask only this datacenter (with -list)" },
		"relay-factor": { kind: "int", usage: "How many others pass on each answer, 0 to 5" },
		remove: { kind: "string", usage: "Take this key from every member", placeholder: "key" },
		use: { kind: "string", usage: "Encrypt with this key from now on", placeholder: "key" },
		...formatFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const relay = values["relay-factor"] ?? 0;
		if (relay < 0 || relay > 5)
			throw new DiscoError("FLAG_VALUE_INVALID", `option -relay-factor: ${relay} is not 0 to 5`);
		const given = (["install", "use", "remove"] as const).filter((each) => values[each] !== undefined);
		const listing = values.list === true || values["list-primary"] === true;
		const actions = given.length + (values.list === true ? 1 : 0) + (values["list-primary"] === true ? 1 : 0);
		if (actions !== 1) {
			throw new DiscoError("ARGUMENT_INVALID", "give exactly one of -install, -use, -remove, -list and -list-primary");
		}
		if (values["local-only"] === true && !listing) {
			throw new DiscoError("ARGUMENT_INVALID", "-local-only is for -list and -list-primary");
		}
		const query = { "relay-factor": relay === 0 ? undefined : relay, "local-only": values["local-only"] };
		return withClient(values, io, async (client) => {
			const [action] = given;
			if (action === undefined) {
				if (wantsJson(values.format)) {
					io.stdout(jsonText(await list(client, query)));
					return 0;
				}
				io.stdout("==> Gathering the keys ...\n");
				io.stdout(shown(await list(client, query), values["list-primary"] === true));
				return 0;
			}
			io.stdout(`==> ${{ install: "Installing", use: "Changing", remove: "Removing" }[action]} the key ...\n`);
			const method = { install: "POST", use: "PUT", remove: "DELETE" }[action];
			await client.call({ method, path, query, json: { Key: values[action] } });
			return 0;
		});
	},
});

async function list(client: Client, query: Parameters<Client["call"]>[0]["query"]): Promise<readonly Keyring[]> {
	const answer = await client.call({ path, ...(query === undefined ? {} : { query }) });
	return JSON.parse(answer.body.toString("utf8")) as readonly Keyring[];
}

function shown(rings: readonly Keyring[], primary: boolean): string {
	return rings
		.map((ring) => {
			const pool = ring.WAN ? "WAN" : `${ring.Datacenter} (LAN)${ring.Segment === "" ? "" : ` [${ring.Segment}]`}`;
			const keys = Object.entries((primary ? ring.PrimaryKeys : ring.Keys) ?? {});
			return `\n${pool}:\n${keys.map(([key, have]) => `  ${key} [${have}/${ring.NumNodes}]\n`).join("")}`;
		})
		.join("");
}
