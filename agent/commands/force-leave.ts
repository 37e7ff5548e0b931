import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const forceLeave = simpleCommand({
	usage: "[options] NODE",
	about: "Takes a member that failed out of the pool, as if it had left.",
	examples: ["disco force-leave node-7", "disco force-leave -prune node-7"],
	flags: {
		prune: { kind: "bool", usage: "Forget it at once" },
		wan: { kind: "bool", usage: "In the pool of all datacenters" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 1, "one NODE");
		const options = { prune: values.prune === true, wan: values.wan === true };
		await withClient(values, io, (client) => client.agent.forceLeave(rest[0] ?? "", options));
		return 0;
	},
});
