import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const reload = simpleCommand({
	usage: "[options]",
	about: "The agent reads its configuration files again. A bad file is reported, and the old configuration stays.",
	examples: ["disco reload"],
	flags: clientFlags,
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		await withClient(values, io, (client) => client.agent.reload());
		io.stdout("The agent has read its configuration again\n");
		return 0;
	},
});
