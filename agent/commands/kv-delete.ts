import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const kvDelete = simpleCommand({
	usage: "[options] KEY or PREFIX",
	about: "Removes a key; with -recurse everything below a prefix. Removing what is not there succeeds.",
	examples: ["disco kv delete app/version", "disco kv delete -recurse app/"],
	flags: {
		cas: { kind: "bool", usage: "Remove only if the key's ModifyIndex is -modify-index" },
		"modify-index": { kind: "int", usage: "Index for -cas, above 0", placeholder: "index" },
		recurse: { kind: "bool", usage: "Remove everything below the prefix" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, values.recurse === true ? 0 : 1, 1, "one KEY or PREFIX");
		const index = values["modify-index"] ?? 0;
		if (values.cas === true && values.recurse === true) throw invalid("-cas and -recurse exclude each other");
		if (values.cas === true && index <= 0) throw invalid("-cas needs a -modify-index above 0");
		if (values.cas !== true && index !== 0) throw invalid("-modify-index is for -cas; add -cas");
		const key = rest[0] ?? "";
		return withClient(values, io, async (client) => {
			const deleted = await client.kv.delete(key, {
				...(values.recurse === true ? { recurse: true } : {}),
				...(values.cas === true ? { cas: index } : {}),
			});
			if (!deleted) {
				io.stderr(`Error: ${key} was not removed: its ModifyIndex is another\n`);
				return 1;
			}
			io.stdout(values.recurse === true ? `Removed everything below: ${key}\n` : `Removed: ${key}\n`);
			return 0;
		});
	},
});

function invalid(text: string): DiscoError {
	return new DiscoError("ARGUMENT_INVALID", text);
}
