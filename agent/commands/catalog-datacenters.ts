import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const catalogDatacenters = simpleCommand({
	usage: "[options]",
	about: "Prints the names of the known datacenters, nearest first.",
	flags: { ...serverFlags, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		return withClient(values, io, async (client) => {
			for (const name of await client.catalog.datacenters()) io.stdout(`${name}\n`);
			return 0;
		});
	},
});
