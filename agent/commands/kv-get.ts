import { kvBytes } from "../../client/index.ts";
import type { KvPair } from "../../lib/api/index.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { columns } from "./columns.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const kvGet = simpleCommand({
	usage: "[options] [KEY or PREFIX]",
	about: "Prints the value of a key; with -recurse or -keys what is below a prefix.",
	examples: ["disco kv get app/version", "disco kv get -recurse app/", "disco kv get -keys app/"],
	flags: {
		base64: { kind: "bool", usage: "Print values in base64" },
		detailed: { kind: "bool", usage: "Print indexes, flags and session too" },
		keys: { kind: "bool", usage: "Print names only" },
		recurse: { kind: "bool", usage: "Print everything below the prefix" },
		separator: { kind: "string", usage: "Fold names at this text with -keys; / unless given" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		const many = values.keys === true || values.recurse === true;
		requireArguments(rest, many ? 0 : 1, 1, many ? "at most one PREFIX" : "one KEY");
		const key = rest[0] ?? "";
		const shown = (pair: KvPair) => (values.base64 === true ? (pair.Value ?? "") : kvBytes(pair));
		return withClient(values, io, async (client, read) => {
			if (values.keys === true) {
				const names = await client.kv.keys(key, { ...read, separator: values.separator ?? "/" });
				for (const name of names.value) io.stdout(`${name}\n`);
				return 0;
			}
			if (values.recurse === true) {
				const entries = (await client.kv.list(key, read)).value;
				entries.forEach((pair, index) => {
					if (values.detailed === true) io.stdout((index > 0 ? "\n" : "") + detailed(pair, shown(pair)));
					else line(io.stdout, `${pair.Key}:`, shown(pair));
				});
				return 0;
			}
			const found = (await client.kv.get(key, read)).value;
			if (found === undefined) {
				io.stderr(`Error: there is no key ${key}\n`);
				return 1;
			}
			if (values.detailed === true) io.stdout(detailed(found, shown(found)));
			else line(io.stdout, "", shown(found));
			return 0;
		});
	},
});

/** Values are bytes, not always text: they are written as they are. */
function line(stdout: (text: string | Uint8Array) => void, before: string, value: string | Uint8Array): void {
	stdout(Buffer.concat([Buffer.from(before), Buffer.from(value), Buffer.from("\n")]));
}

function detailed(pair: KvPair, value: string | Uint8Array): string {
	return columns([
		["CreateIndex", String(pair.CreateIndex)],
		["Flags", String(pair.Flags)],
		["Key", pair.Key],
		["LockIndex", String(pair.LockIndex)],
		["ModifyIndex", String(pair.ModifyIndex)],
		["Session", pair.Session ?? "-"],
		["Value", Buffer.from(value).toString("utf8")],
	]);
}
