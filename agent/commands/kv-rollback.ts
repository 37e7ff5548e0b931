import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { kvRevisions } from "./kv-log.ts";

export const kvRollback = simpleCommand({
	usage: "[options] KEY",
	about:
		"Gives a key an earlier value back. It is a new write: the history keeps what was there. Fails if somebody else writes meanwhile.",
	examples: ["disco kv rollback app/config", "disco kv rollback -index=123 app/config"],
	flags: {
		datacenter: { kind: "string", usage: "In another datacenter", placeholder: "name" },
		index: { kind: "int", usage: "The value as of this index, see kv log; the one before the present unless given" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 1, "one KEY");
		const [key = ""] = rest;
		return withClient(values, io, async (client) => {
			const present = (await client.kv.get(key)).value;
			const presentIndex = present?.ModifyIndex ?? 0;
			const revisions = await kvRevisions(client, key);
			const earlier = revisions.filter(({ Index }) => Index !== presentIndex);
			// Without an index: the newest one that is not what the key is now.
			const wanted =
				values.index === undefined ? earlier.at(-1) : revisions.findLast(({ Index }) => Index <= (values.index ?? 0));
			if (wanted === undefined) {
				throw new DiscoError("KV_NOT_FOUND", `no earlier value of ${key} is kept; see disco kv log ${key}`);
			}
			const done = wanted.Deleted
				? present === undefined || (await client.kv.delete(key, { cas: presentIndex }))
				: await client.kv.put(key, Buffer.from(wanted.Value ?? "", "base64"), {
						flags: wanted.Flags,
						cas: presentIndex,
					});
			if (!done)
				throw new DiscoError("KV_CONFLICT", `${key} was changed by somebody else at this moment; look and try again`);
			io.stdout(`${key} is as of index ${wanted.Index} again\n`);
			return 0;
		});
	},
});
