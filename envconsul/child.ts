import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import type { Command } from "./config.ts";
import type { Variables } from "./environment.ts";
import { execution } from "./exec-arguments.ts";
import { findExecutable } from "./executable.ts";
import { groupEnded, signalGroup } from "./process-group.ts";

/** How a process ended: by itself with a code, or by a signal. */
export interface ChildEnd {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

export interface Child {
	readonly pid: number;
	/** A shell stands between: the process leads a group of its own, and signals go to the group. */
	readonly throughShell: boolean;
	/** Resolves once, when the process has ended; with `whole`, and through a shell, when its group has ended too. */
	readonly ended: Promise<ChildEnd>;
	/** Whether `ended` is about to resolve or has: the process is gone. */
	readonly gone: boolean;
	/** Nothing happens when it has ended. */
	signal(signal: NodeJS.Signals): void;
	/** Asks it to end and, after the command's time-out, kills it. Resolves when SIGKILL was sent or it has ended. */
	stop(): Promise<void>;
	/** SIGKILL to it and, through a shell, to what is left of its group. */
	kill(): void;
}

/**
 * Starts the command with exactly these variables; standard streams and folder are the program's own.
 *
 * Errors: `COMMAND_NOT_FOUND`, `COMMAND_NOT_EXECUTABLE`, `COMMAND_NOT_STARTED`.
 */
export function startChild(options: {
	readonly command: Command;
	readonly variables: Variables;
	/** The program's own PATH, in which the command is looked up. */
	readonly path: string | undefined;
	/** What a shell has started is part of the child: wait for it, and after the command's time-out kill it. */
	readonly whole: boolean;
	readonly clock: Clock;
}): Promise<Child> {
	const { command, path } = options;
	const first = command.words[0] ?? "";
	const throughShell = command.words.length === 1 && /\S\s+\S/.test(first);
	checkVariables(options.variables);
	const [file, args] = throughShell
		? [findExecutable("sh", path), ["-c", first]]
		: [findExecutable(first.trim(), path), command.words.slice(1)];
	const started = execution(file, args, options.variables, () => findExecutable("env", path));
	return new Promise((resolve, reject) => {
		const refused = (error: unknown) => reject(notStarted(file, error));
		let process: ChildProcess;
		try {
			// Node's spawn can only make a new session, not a new group; a session is a group too.
			process = spawn(started.file, started.args, { env: started.env, stdio: "inherit", detached: throughShell });
		} catch (error) {
			refused(error);
			return;
		}
		// Stays: later errors (a signal that may not be sent) change nothing, but must not be unheard.
		process.on("error", refused);
		process.once("spawn", () => resolve(running(process, throughShell, options)));
	});
}

function running(
	process: ChildProcess,
	throughShell: boolean,
	{ command, clock, whole }: { readonly command: Command; readonly clock: Clock; readonly whole: boolean },
): Child {
	const pid = process.pid as number;
	let gone = false;
	/** From then on the number may be somebody else's. */
	let allGone = false;
	const leaderEnded = new Promise<ChildEnd>((resolve) => {
		process.once("exit", (code, signal) => {
			gone = true;
			resolve({ code, signal });
		});
	});
	const ended = leaderEnded.then(async (end) => {
		if (throughShell && whole) await groupEnded(pid, command.killTimeoutMs, clock);
		allGone = true;
		return end;
	});
	const send = (signal: NodeJS.Signals) => {
		if (throughShell && (whole ? !allGone : !gone)) signalGroup(pid, signal);
		else if (!throughShell && !gone) process.kill(signal);
	};
	return {
		pid,
		throughShell,
		ended,
		get gone() {
			return gone;
		},
		signal: send,
		async stop() {
			send(command.killSignal);
			await new Promise<void>((resolve) => {
				const timer = clock.after(command.killTimeoutMs, () => {
					send("SIGKILL");
					resolve();
				});
				void ended.then(() => {
					timer.cancel();
					resolve();
				});
			});
		},
		kill: () => send("SIGKILL"),
	};
}

function checkVariables(variables: Variables): void {
	for (const [name, value] of variables) {
		const bytes = typeof value === "string" ? undefined : value;
		if (`${name}${bytes === undefined ? value : ""}`.includes("\0") || bytes?.includes(0) === true) {
			throw new DiscoError(
				"COMMAND_NOT_STARTED",
				`variable ${JSON.stringify(name)} has a NUL byte, which no environment can hold; change the key or leave it out`,
			);
		}
	}
}

function notStarted(file: string, error: unknown): DiscoError {
	const code = errorCode(error);
	const reason =
		code === "E2BIG"
			? "the environment or one variable is too large (a variable may have 128 KiB)"
			: code === "EACCES"
				? "no permission to run it"
				: code === "ENOEXEC" || code === "UNKNOWN"
					? "it is not a program that this machine can run"
					: errorMessage(error);
	return new DiscoError("COMMAND_NOT_STARTED", `command ${file} cannot be started: ${reason}`, { cause: error });
}
