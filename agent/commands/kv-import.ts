import { DiscoError } from "../../lib/errors.ts";
import { type Decoded, listOf, objectOf, parseFirstJson, text, unsigned64 } from "../../lib/json/index.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { dataArgument } from "./data-argument.ts";
import { createProgress } from "./progress.ts";

const entryFields = { key: text, flags: unsigned64, value: text };

export const kvImport = simpleCommand({
	usage: "[options] DATA",
	about: "Writes what export printed: JSON as a word, @FILE, or - for standard input.",
	examples: ["disco kv import @app.json", "disco kv export app/ | disco kv import -prefix copy/ -"],
	flags: {
		prefix: { kind: "string", usage: "Put this before every key", placeholder: "prefix" },
		...clientFlags,
		datacenter: { kind: "string", usage: "Write in another datacenter", placeholder: "name" },
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 1, "the DATA");
		const entries = parseEntries((await dataArgument(rest[0] ?? "", io)).toString("utf8"));
		return withClient(values, io, async (client) => {
			const progress = createProgress("keys written", entries.length);
			for (const { key = "", flags = 0n, value = "" } of entries) {
				const target = `${values.prefix ?? ""}${key}`;
				await client.kv.put(target, Buffer.from(value, "base64"), { flags });
				io.stdout(`Written: ${target}\n`);
				progress.add(1);
			}
			progress.end();
			return 0;
		});
	},
});

function parseEntries(data: string): readonly Decoded<typeof entryFields>[] {
	try {
		return listOf(objectOf(entryFields, { ignoreUnknown: true }))(parseFirstJson(data), "");
	} catch (error) {
		throw new DiscoError(
			"ARGUMENT_INVALID",
			`the data is not what export prints (${error instanceof Error ? error.message : String(error)})`,
		);
	}
}
