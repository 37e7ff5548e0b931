import { errorMessage } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const join = simpleCommand({
	usage: "[options] ADDRESS ...",
	about:
		"The agent joins the pool of which the agents at these addresses are members. Exit code 1 if any cannot be joined.",
	examples: ["disco join 10.0.0.7"],
	flags: { wan: { kind: "bool", usage: "Join servers of another datacenter" }, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 1, Number.POSITIVE_INFINITY, "the ADDRESS of an agent");
		return withClient(values, io, async (client) => {
			let joined = 0;
			for (const address of rest) {
				try {
					await client.agent.join(address, { wan: values.wan === true });
					joined++;
				} catch (error) {
					io.stderr(`Error: ${address} cannot be joined: ${errorMessage(error)}\n`);
				}
			}
			if (joined > 0) io.stdout(`Joined the pool by contacting ${joined} ${joined === 1 ? "node" : "nodes"}\n`);
			return joined === rest.length ? 0 : 1;
		});
	},
});
