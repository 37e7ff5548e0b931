import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const leave = simpleCommand({
	usage: "[options]",
	about: "The agent leaves its pool and ends.",
	examples: ["disco leave"],
	flags: clientFlags,
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		await withClient(values, io, (client) => client.agent.leave());
		io.stdout("The agent leaves and ends\n");
		return 0;
	},
});
