import { HttpStatusError } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { logLevels, parseLogLevel } from "../../lib/log/index.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { untilSignals } from "./signals.ts";

export const monitor = simpleCommand({
	usage: "[options]",
	about: "Prints the agent's log as it is written, until Ctrl-C. The level may be lower than the agent's own.",
	examples: ["disco monitor -log-level debug"],
	flags: {
		"log-json": { kind: "bool", usage: "Lines as JSON objects" },
		"log-level": {
			kind: "string",
			usage: "trace, debug, info, warn or error; info unless given",
			placeholder: "level",
		},
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const given = values["log-level"] ?? "info";
		const level = parseLogLevel(given);
		if (level === undefined) {
			throw new DiscoError("FLAG_VALUE_INVALID", `option -log-level: "${given}" is not one of ${logLevels.join(", ")}`);
		}
		const path = "/v1/agent/monitor";
		return withClient(values, io, async (client) => {
			const signals = untilSignals();
			try {
				const query = { loglevel: level, logjson: values["log-json"] };
				const answer = await client.stream({ path, query, signal: signals.signal });
				for await (const chunk of answer.body) {
					if (answer.status !== 200) {
						answer.cancel();
						const what = `the agent at ${client.address} answered GET ${path} with`;
						throw new HttpStatusError(answer.status, chunk.toString("utf8"), what);
					}
					io.stdout(chunk);
				}
			} catch (error) {
				if (!signals.signal.aborted) throw error;
			} finally {
				signals.release();
			}
			// Ctrl-C is how it is meant to end; an agent that ends takes its log with it.
			if (!signals.signal.aborted) io.stderr("The agent has ended its log\n");
			return 0;
		});
	},
});
