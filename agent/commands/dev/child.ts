import { type ChildProcess, spawn } from "node:child_process";
import { errorMessage } from "../../../lib/errors.ts";
import type { Guard } from "./guard.ts";

/** A program that `disco dev` runs, with everything that it starts in turn (its process group). */
export interface Child {
	readonly pid: number;
	/** Resolves when it has ended, with a text such as `signal SIGKILL` or `exit code 1`. */
	readonly ended: Promise<string>;
	signal(signal: NodeJS.Signals): void;
	/** SIGTERM to the group, after `killAfterMs` SIGKILL. Resolves when it has ended. */
	stop(): Promise<void>;
}

const killAfterMs = 3_000;

export interface ChildOptions {
	readonly command: string;
	readonly args: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	readonly guard: Guard;
	/** Each line of its output, both streams. */
	readonly onLine: (line: string) => void;
}

/** Starts a program. Undefined with its error's text through `onLine` when it cannot be started (not installed). */
export function startChild(options: ChildOptions): Child | undefined {
	const child: ChildProcess = spawn(options.command, options.args, {
		env: { ...process.env, ...options.env },
		// A group of its own, so that Ctrl-C reaches only us, and so that it can be ended as a whole.
		detached: true,
		stdio: ["pipe", "pipe", "pipe"],
	});
	child.on("error", (error) => options.onLine(errorMessage(error)));
	const pid = child.pid;
	if (pid === undefined) return undefined;
	options.guard.watch(pid);
	child.stdin?.on("error", () => {});
	for (const stream of [child.stdout, child.stderr]) readLines(stream, options.onLine);
	const ended = new Promise<string>((resolve) => {
		child.on("exit", (code, signal) => {
			// What it started and left behind ends with it.
			killGroup(pid, "SIGKILL");
			options.guard.unwatch(pid);
			resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
		});
	});
	return {
		pid,
		ended,
		signal: (signal) => child.kill(signal),
		async stop() {
			if (child.exitCode !== null || child.signalCode !== null) return;
			child.stdin?.end();
			killGroup(pid, "SIGTERM");
			const timer = setTimeout(() => killGroup(pid, "SIGKILL"), killAfterMs);
			await ended;
			clearTimeout(timer);
		},
	};
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-pid, signal);
	} catch {
		// The group is empty.
	}
}

/** Longest line that is kept; the rest of a longer one is dropped. */
const lineLengthMax = 10_000;

function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
	let rest = "";
	stream?.setEncoding("utf8");
	stream?.on("data", (chunk: string) => {
		const lines = (rest + chunk).split("\n");
		rest = (lines.pop() ?? "").slice(0, lineLengthMax);
		for (const line of lines) onLine(line);
	});
	stream?.on("error", () => {});
}
