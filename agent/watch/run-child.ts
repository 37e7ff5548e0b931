import { spawn } from "node:child_process";
import { once } from "node:events";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { endWithSignal } from "./end-child.ts";

/** A command as words; with `shell` joined with blanks for `$SHELL -c` (or `/bin/sh -c`). */
export interface HandlerCommand {
	readonly words: readonly string[];
	readonly shell: boolean;
}

/** What runs with the words: the program and its arguments. */
export function shellCommand(
	command: HandlerCommand,
	env: Readonly<Record<string, string | undefined>>,
): readonly [string, readonly string[]] {
	const [program = "", ...args] = command.words;
	if (!command.shell) return [program, args];
	const shell = env["SHELL"];
	return [shell === undefined || shell === "" ? "/bin/sh" : shell, ["-c", command.words.join(" ")]];
}

/**
 * Runs a handler with the result on its standard input and the index in `CONSUL_INDEX` (and `DISCO_INDEX`). `onOutput` gets what it
 * writes; without one it writes to this process's own output.
 *
 * Fails with `HANDLER_FAILED` when it cannot be started or ends with anything but 0. When the signal comes it is ended, with all
 * that it started, and this resolves.
 */
export async function runHandlerCommand(options: {
	readonly command: HandlerCommand;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly json: string;
	readonly index: number;
	readonly signal: AbortSignal;
	readonly onOutput?: (text: Buffer) => void;
}): Promise<void> {
	const { signal, index } = options;
	const [program, args] = shellCommand(options.command, options.env);
	const output = options.onOutput === undefined ? "inherit" : "pipe";
	const child = spawn(program, args, {
		env: { ...options.env, CONSUL_INDEX: String(index), DISCO_INDEX: String(index) },
		// A group of its own, so that it can be ended with all that it started.
		detached: true,
		stdio: ["pipe", output, output],
	});
	const ended = endWithSignal(child, signal, { group: true });
	// A handler need not read what it is given.
	child.stdin?.on("error", () => {});
	child.stdin?.end(`${options.json}\n`);
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => options.onOutput?.(chunk));
	try {
		const [code, name] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
		if (signal.aborted || code === 0) return;
		throw new DiscoError(
			"HANDLER_FAILED",
			`handler ${program} ended with ${code === null ? `signal ${name}` : `exit code ${code}`}`,
		);
	} catch (error) {
		if (error instanceof DiscoError) throw error;
		throw new DiscoError("HANDLER_FAILED", `handler ${program} cannot be started: ${errorMessage(error)}`);
	} finally {
		ended();
	}
}
