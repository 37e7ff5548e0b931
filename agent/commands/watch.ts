import { type Encodable, encodeJson } from "../../lib/json/index.ts";
import { nodeClock, nodeRandom } from "../../lib/node/index.ts";
import { followWatch, parseWatch, readWatched, runHandlerCommand } from "../watch/index.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { simpleCommand } from "./command.ts";
import { untilSignals } from "./signals.ts";

export const watch = simpleCommand({
	usage: "[options] [COMMAND ...]",
	about: `Prints what is watched as JSON, or runs a command for the first result and each new one, until Ctrl-C. The command gets the
result on standard input and the index in CONSUL_INDEX. When the command fails, the watch ends with 1.

  disco watch -type checks -service api /usr/local/bin/check.sh
  disco watch -type key -key app/version 'cat; echo'`,
	flags: {
		key: { kind: "string", usage: "Key to watch (type key)" },
		name: { kind: "string", usage: "Only events of this name (type event)" },
		passingonly: { kind: "bool", usage: "Only instances whose checks all pass (type service)" },
		prefix: { kind: "string", usage: "Prefix of the keys to watch (type keyprefix)" },
		service: { kind: "string", usage: "Service to watch (types service and checks)" },
		shell: { kind: "bool", usage: "Run the command by a shell; true unless given" },
		state: { kind: "string", usage: "State of the checks to watch (type checks)" },
		tag: { kind: "list", usage: "Only instances with this tag (type service); may be repeated" },
		type: { kind: "string", usage: "key, keyprefix, services, nodes, service, checks or event" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		const definition = parseWatch({ ...values, tags: values.tag, passingOnly: values.passingonly });
		return withClient(values, io, async (client, read) => {
			if (rest.length === 0) {
				const { value } = await readWatched(client, definition, read);
				io.stdout(`${encodeJson(value as Encodable, true)}\n`);
				return 0;
			}
			const signals = untilSignals();
			try {
				await followWatch({
					client,
					definition,
					read,
					clock: nodeClock,
					random: nodeRandom,
					signal: signals.signal,
					handle: ({ json, index }, signal) =>
						runHandlerCommand({
							command: { words: rest, shell: values.shell !== false },
							env: io.env,
							json,
							index,
							signal,
						}),
					// What never worked is a mistake of the user's; what worked once will again.
					onError: ({ error, retryInMs }, answered) => {
						if (!answered) return "stop";
						io.stderr(`${error.message}; asked again in ${Math.ceil(retryInMs / 1000)} s\n`);
						return "retry";
					},
				});
			} finally {
				signals.release();
			}
			return 0;
		});
	},
});
