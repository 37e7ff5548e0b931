import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const kvExport = simpleCommand({
	usage: "[options] [PREFIX]",
	about: "Prints keys, flags and values (base64) as JSON, ready for import.",
	examples: ["disco kv export app/ > app.json"],
	flags: { ...serverFlags, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 1, "at most one PREFIX");
		return withClient(values, io, async (client, read) => {
			const entries = (await client.kv.list(rest[0] ?? "", read)).value.map(
				(pair) =>
					`\t{\n\t\t"key": ${JSON.stringify(pair.Key)},\n\t\t"flags": ${pair.Flags},\n\t\t"value": ${JSON.stringify(pair.Value ?? "")}\n\t}`,
			);
			io.stdout(entries.length === 0 ? "[]\n" : `[\n${entries.join(",\n")}\n]\n`);
			return 0;
		});
	},
});
