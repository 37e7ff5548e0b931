import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import type { ExecConfig } from "./config/index.ts";
import { invocationOf } from "./run-command.ts";

/** A supervised program. */
export interface Child {
	/** Resolves with its exit status when it ends by itself (255 when a signal ended it); never after `stop`. */
	readonly ended: Promise<number>;
	/** Passes a signal on; nothing happens when it has ended. */
	signal(name: NodeJS.Signals): void;
	/** Kill signal, then SIGKILL after the kill timeout; resolves when it has ended. Idempotent. */
	stop(): Promise<void>;
}

const groupPollMs = 20;

/** Starts the program of `-exec`. Error: `EXEC_FAILED`. */
export function startChild(
	config: ExecConfig,
	environment: Readonly<Record<string, string>>,
	clock: Clock,
): Promise<Child> {
	const { file, args, shell, shown } = invocationOf(config.command);
	const process_ = spawn(file, args, { stdio: "inherit", env: environment, detached: shell });
	return new Promise((resolve, reject) => {
		process_.once("error", (error) => {
			const reason = errorCode(error) === "ENOENT" ? "no such program" : errorMessage(error);
			reject(new DiscoError("EXEC_FAILED", `exec "${shown}": ${reason}`, { cause: error }));
		});
		process_.once("spawn", () => resolve(supervise(process_, config, shell, clock)));
	});
}

function supervise(child: ChildProcess, config: ExecConfig, group: boolean, clock: Clock): Child {
	let stopping = false;
	let signalled = false;
	/** One of the signals passed on was to end it: its group is ending and gets no second one, which often means "at once". */
	let ending = false;
	const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
	const exited = new Promise<number>((resolve) => {
		child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 0) : 255));
	});
	const send = (name: NodeJS.Signals) => {
		// A group may outlive the shell that leads it.
		if (child.pid === undefined || (hasEnded() && !group)) return;
		try {
			process.kill(group ? -child.pid : child.pid, name);
		} catch {
			// It ended between the check and the signal.
		}
	};
	return {
		ended: new Promise((resolve) => {
			void exited.then((code) => {
				if (!stopping) resolve(code);
			});
		}),
		signal(name) {
			signalled = true;
			ending ||= name === "SIGTERM" || name === "SIGINT" || name === "SIGQUIT" || name === config.killSignal;
			send(name);
		},
		async stop() {
			// What a program that ended by itself leaves running is its own business; what we end, we end whole.
			if (hasEnded() && !signalled) return;
			stopping = true;
			if (!(hasEnded() && ending)) send(config.killSignal);
			const timer = clock.after(config.killTimeoutMs, () => send("SIGKILL"));
			await exited;
			while (group && child.pid !== undefined && groupExists(child.pid)) {
				await new Promise<void>((resolve) => clock.after(groupPollMs, resolve));
			}
			timer.cancel();
		},
	};
}

function groupExists(pid: number): boolean {
	try {
		process.kill(-pid, 0);
		return true;
	} catch {
		return false;
	}
}
