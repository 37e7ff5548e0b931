import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";

export const info = simpleCommand({
	usage: "[options]",
	about: "Prints figures of the agent for people who look for a fault.",
	examples: ["disco info", "disco info -format json | jq .runtime"],
	flags: { ...formatFlags, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		const self = await withClient(values, io, (client) => client.agent.self());
		if (json) {
			io.stdout(jsonText(self.Stats ?? {}));
			return 0;
		}
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
