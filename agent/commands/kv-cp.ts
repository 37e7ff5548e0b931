import type { Client, TxnKvOperation } from "../../client/index.ts";
import { kvBytes } from "../../client/index.ts";
import type { KvPair } from "../../lib/api/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { type Command, requireArguments, simpleCommand } from "./command.ts";

/** The API's limit of operations in one transaction. */
const operationsMax = 64;

const flags = {
	force: { kind: "bool", usage: "Overwrite keys that are there" },
	recurse: { kind: "bool", usage: "Everything below FROM goes below TO" },
	datacenter: { kind: "string", usage: "In another datacenter", placeholder: "name" },
	...clientFlags,
} as const;

export const kvCp = copyCommand("cp", "Copies a key, or everything below a prefix; flags are kept.", false);
export const kvMv = copyCommand("mv", "Renames a key, or everything below a prefix; a single key in one step.", true);

function copyCommand(name: string, about: string, move: boolean): Command {
	return simpleCommand({
		usage: "[options] FROM TO",
		about: `${about} A key that is there is not overwritten without -force.

  disco kv ${name} app/old app/new
  disco kv ${name} -recurse staging/ production/`,
		flags,
		async run({ values, rest }, io) {
			requireArguments(rest, 2, 2, "FROM and TO");
			const [from = "", to = ""] = rest.map((each) => each.replace(/^\//, ""));
			if (from === to) throw new DiscoError("ARGUMENT_INVALID", `FROM and TO are both ${from}`);
			const recurse = values.recurse === true;
			if (move && recurse && to.startsWith(from)) {
				throw new DiscoError("ARGUMENT_INVALID", `${to} is below ${from}: the keys would be moved into themselves`);
			}
			return withClient(values, io, async (client) => {
				const pairs = recurse ? (await client.kv.list(from)).value : await one(client, from);
				if (pairs.length === 0)
					throw new DiscoError("KV_NOT_FOUND", `there is no key ${recurse ? "below " : ""}${from}`);
				// A move takes two operations more for each key, and what belongs to one key must be in one transaction.
				const step = Math.floor(operationsMax / (move ? 3 : 2));
				for (let start = 0; start < pairs.length; start += step) {
					const slice = pairs
						.slice(start, start + step)
						.map((pair) => ({ pair, to: to + pair.Key.slice(from.length) }));
					const operations = slice.flatMap((each) => operationsOf(each, { move, force: values.force === true }));
					const result = await client.txn.kv(operations);
					if (!result.committed) {
						const reasons = [...new Set(result.errors.map(({ What }) => What))].join("; ");
						const done = start === 0 ? "nothing was written" : `${start} keys were written before`;
						throw new DiscoError("KV_CONFLICT", `${reasons} (${done}); -force overwrites what is there`);
					}
					for (const each of slice) io.stdout(`${move ? "Moved" : "Copied"}: ${each.pair.Key} -> ${each.to}\n`);
				}
				return 0;
			});
		},
	});
}

async function one(client: Client, key: string): Promise<readonly KvPair[]> {
	const { value } = await client.kv.get(key);
	return value === undefined ? [] : [value];
}

/** The source must still be what was read, so that no write in between is lost. */
function operationsOf(
	{ pair, to }: { readonly pair: KvPair; readonly to: string },
	{ move, force }: { readonly move: boolean; readonly force: boolean },
): TxnKvOperation[] {
	return [
		...(force ? [] : [{ verb: "check-not-exists" as const, key: to }]),
		{ verb: "set", key: to, value: kvBytes(pair), flags: pair.Flags },
		...(move ? [{ verb: "delete-cas" as const, key: pair.Key, index: pair.ModifyIndex }] : []),
	];
}
