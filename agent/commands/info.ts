import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const info = simpleCommand({
	usage: "[options]",
	about: "Prints figures of the agent for people who look for a fault.",
	flags: clientFlags,
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const self = await withClient(values, io, (client) => client.agent.self());
		for (const [section, figures] of sorted(self.Stats ?? {})) {
			io.stdout(`${section}:\n`);
			for (const [name, value] of sorted(figures)) io.stdout(`\t${name} = ${value}\n`);
		}
		return 0;
	},
});

function sorted<Value>(map: Readonly<Record<string, Value>>): [string, Value][] {
	return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
