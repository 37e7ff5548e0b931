import { spawn } from "node:child_process";
import { acquireLock } from "../../client/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { createLimit } from "../../lib/limit.ts";
import { endWithSignal, shellCommand } from "../watch/index.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { type CommandIo, simpleCommand } from "./command.ts";
import { untilSignals } from "./signals.ts";

const exitCodeChildFailed = 2;

export const lock = simpleCommand({
	usage: "[options] PREFIX COMMAND ...",
	about: `Runs a command while a lock is held: in the whole cluster only one at a time (or -n) below the same PREFIX. The command is ended
when the lock is lost. It has CONSUL_LOCK_HELD=true in its environment.

  disco lock jobs/backup ./backup.sh
  disco lock -n=3 -timeout=10s jobs/crawl ./crawl`,
	flags: {
		"child-exit-code": { kind: "bool", usage: "Exit with 2 when the command fails" },
		"monitor-retry": { kind: "int", usage: "Ask so many times before the lock counts as lost; 3 unless given" },
		n: { kind: "int", usage: "How many may hold it at once; 1 unless given" },
		name: { kind: "string", usage: "Name of the session; made of the command unless given" },
		"pass-stdin": { kind: "bool", usage: "The command reads our standard input" },
		shell: { kind: "bool", usage: "Run the command by a shell; true unless given" },
		timeout: { kind: "duration", usage: "Give up after this time; never unless given", aliases: ["try"] },
		verbose: { kind: "bool", usage: "Tell each step" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		const [prefix, ...words] = rest;
		if (prefix === undefined || words.length === 0) {
			throw new DiscoError("ARGUMENT_INVALID", "an argument is missing: give a PREFIX and the COMMAND to run");
		}
		const holders = values.n ?? 1;
		const monitorRetries = values["monitor-retry"] ?? 3;
		if (holders < 1) throw new DiscoError("FLAG_VALUE_INVALID", `option -n: ${holders} is below 1`);
		if (monitorRetries < 0) {
			throw new DiscoError("FLAG_VALUE_INVALID", `option -monitor-retry: ${monitorRetries} is below 0`);
		}
		const tell = (text: string) => {
			if (values.verbose === true) io.stdout(`${text}\n`);
		};
		return withClient(values, io, async (client) => {
			const signals = untilSignals();
			const patience = values.timeout || undefined;
			const limit = patience === undefined ? undefined : createLimit(signals.signal, patience);
			try {
				tell(`Waiting for the lock at ${prefix} ...`);
				const held = await acquireLock({
					client,
					prefix: prefix.replace(/^\/+|\/+$/g, ""),
					holders,
					name: values.name ?? `disco lock for "${words.join(" ")}" at ${prefix}`,
					monitorRetries,
					signal: limit?.signal ?? signals.signal,
					tell,
				});
				limit?.end();
				if (held === undefined) {
					if (signals.signal.aborted) return 0;
					throw new DiscoError("LOCK_TIMEOUT", `the lock at ${prefix} could not be got in the time given`);
				}
				tell("The lock is held, the command starts");
				let exitCode: number | undefined;
				try {
					const command = { words, shell: values.shell !== false, passStdin: values["pass-stdin"] === true };
					exitCode = await runWhile(command, io, AbortSignal.any([held.lost, signals.signal]));
				} finally {
					tell("The lock is released");
					await held.release();
				}
				if (held.lost.aborted) io.stderr("Error: the lock was lost, the command was ended\n");
				if (signals.signal.aborted) return 0;
				if (exitCode !== 0) io.stderr(`Error: the command ended with ${exitCode ?? "a signal"}\n`);
				if (held.lost.aborted) return 1;
				return exitCode !== 0 && values["child-exit-code"] === true ? exitCodeChildFailed : 0;
			} finally {
				signals.release();
			}
		});
	},
});

/** Runs the command; SIGTERM, later SIGKILL to its group when the signal comes. Gives its exit code, undefined after a signal. */
function runWhile(
	command: { readonly words: readonly string[]; readonly shell: boolean; readonly passStdin: boolean },
	io: CommandIo,
	signal: AbortSignal,
): Promise<number | undefined> {
	const [program, args] = shellCommand(command, io.env);
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, {
			env: { ...io.env, CONSUL_LOCK_HELD: "true", DISCO_LOCK_HELD: "true" },
			stdio: [command.passStdin ? "inherit" : "ignore", "inherit", "inherit"],
			// A group of its own, so that it can be ended with all that it started; but a terminal's input is for ours only.
			detached: !command.passStdin,
		});
		const ended = endWithSignal(child, signal, { group: !command.passStdin });
		child.on("error", (error) => {
			reject(new DiscoError("CHILD_FAILED", `${program} cannot be started: ${errorMessage(error)}`));
		});
		child.on("exit", (code) => {
			ended();
			resolve(code ?? undefined);
		});
	});
}
