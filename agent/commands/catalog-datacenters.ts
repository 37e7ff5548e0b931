import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";

export const catalogDatacenters = simpleCommand({
	usage: "[options]",
	about: "Prints the names of the known datacenters, nearest first.",
	examples: ["disco catalog datacenters"],
	flags: { ...formatFlags, ...serverFlags, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		return withClient(values, io, async (client) => {
			const names = await client.catalog.datacenters();
			io.stdout(json ? jsonText(names) : names.map((name) => `${name}\n`).join(""));
			return 0;
		});
	},
});
