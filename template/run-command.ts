import { formatDuration } from "../lib/duration.ts";
import { DiscoError } from "../lib/errors.ts";
import type { Command } from "./config/index.ts";

/** How a command is started: with a shell or without. */
export interface Invocation {
	readonly file: string;
	readonly args: readonly string[];
	/** Through `sh -c`, in a process group of its own so that all of it can be ended. */
	readonly shell: boolean;
	/** For messages. */
	readonly shown: string;
}

/** A text with blanks goes through the shell; a single word and a list are executed as they stand (RUNNER.md "Commands"). */
export function invocationOf(command: Command): Invocation {
	if ("argv" in command) {
		const [file = "", ...args] = command.argv;
		return { file, args, shell: false, shown: command.argv.join(" ") };
	}
	const text = command.text.trim();
	if (/\s/.test(text)) return { file: "sh", args: ["-c", command.text], shell: true, shown: text };
	return { file: text, args: [], shell: false, shown: text };
}

/** Of a captured output that much of the end is kept for the message. */
const shownOutputLength = 600;

/**
 * Runs a command to its end; input and output are the program's own, unless `capture` takes the output into the error's text.
 * Errors: `COMMAND_FAILED` (non-zero status or a signal), `COMMAND_UNKNOWN`, `COMMAND_TIMEOUT` (it was ended with SIGKILL).
 */
export async function runCommand(
	command: Command,
	options: {
		readonly environment: Readonly<Record<string, string>>;
		readonly timeoutMs: number;
		readonly capture?: boolean;
	},
): Promise<void> {
	const { file, args, shown } = invocationOf(command);
	const { execa } = await import("execa");
	const child = execa(file, args, {
		...(options.capture === true
			? { stdin: "ignore", stdout: "pipe", stderr: "pipe", all: true, maxBuffer: 1_000_000 }
			: { stdio: "inherit" }),
		env: options.environment,
		extendEnv: false,
		reject: false,
		// A group of its own, so that the time limit ends what the shell has started, too.
		detached: true,
		cleanup: false,
	});
	let late = false;
	const timer =
		options.timeoutMs > 0
			? setTimeout(() => {
					late = true;
					if (child.pid !== undefined) endGroup(child.pid);
				}, options.timeoutMs)
			: undefined;
	const result = await child;
	clearTimeout(timer);
	const output = options.capture === true ? endOf(String(result.all ?? "")) : "";
	if (late) {
		const limit = formatDuration(options.timeoutMs);
		throw new DiscoError(
			"COMMAND_TIMEOUT",
			`command "${shown}" did not end within its time limit of ${limit}${output}`,
		);
	}
	if (!result.failed) return;
	if (result.exitCode !== undefined) {
		throw new DiscoError(
			"COMMAND_FAILED",
			`command "${shown}" ended with the non-zero status ${result.exitCode}${output}`,
		);
	}
	if (result.signal !== undefined) {
		throw new DiscoError("COMMAND_FAILED", `command "${shown}" was ended by ${result.signal}${output}`);
	}
	const reason = result.code === "ENOENT" ? "no such program" : (result.originalMessage ?? "cannot be started");
	throw new DiscoError("COMMAND_UNKNOWN", `command "${shown}": ${reason}`);
}

/** `: TEXT` on one line, or nothing. */
function endOf(output: string): string {
	const text = output.trim().replace(/\s*\n\s*/g, " | ");
	if (text === "") return "";
	return text.length > shownOutputLength ? `: ...${text.slice(-shownOutputLength)}` : `: ${text}`;
}

function endGroup(pid: number): void {
	try {
		process.kill(-pid, "SIGKILL");
	} catch {
		// The group has ended in the meantime.
	}
}
