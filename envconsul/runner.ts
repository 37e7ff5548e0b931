import type { Clock, Random } from "../lib/env/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { type Child, startChild } from "./child.ts";
import type { Command, Config } from "./config.ts";
import { sameVariables, type Variables } from "./environment.ts";
import { exitCode, exitCodeOfChild, exitCodeOfError } from "./exit-code.ts";
import { createOutputs } from "./outputs.ts";
import { createRestarts } from "./restarts.ts";
import { openSession, type Session } from "./session.ts";
import { type Wanted, wantedFrom } from "./wanted.ts";

/** A run of `-on-change exec=...` may take so long, then it is ended. */
const handlerMsMax = 300_000;
/** After SIGKILL so long is waited for the system to take the process away. */
const killedWaitMs = 1_000;

export interface RunnerOptions {
	/** The program's own variables. */
	readonly own: Variables;
	/** The program's own PATH. */
	readonly path: string | undefined;
	readonly clock: Clock;
	readonly random: Pick<Random, "next">;
	readonly logger: Logger;
	/** Standard output, for a file `-`. */
	readonly print: (bytes: Uint8Array) => void;
	/** Gets the one line that says why the program ends. */
	readonly onError: (message: string) => void;
}

/** The running program: sources are followed, the child is kept in step with them. */
export interface Runner {
	/** A signal came that is not the reload signal. */
	signal(signal: NodeJS.Signals): void;
	/** Follows the new configuration's sources; when all have answered, the child is restarted in any case. */
	reload(config: Config): void;
	/** Kills a child that still runs; for the last moment of the process. */
	killChild(): void;
	/** The exit code, when all is over. Never rejects. */
	readonly finished: Promise<number>;
}

/**
 * Starts the child when every source has answered, restarts it when the variables differ, and ends with it.
 */
export function run(first: Config, options: RunnerOptions): Runner {
	const { clock, logger } = options;
	const { path } = options;
	const wantedNow = wantedFrom(options.own, logger);
	const outputs = createOutputs(logger, options.print);
	const restarts = createRestarts(clock, logger);
	let config = first;
	let session: Session | undefined;
	/** The process that runs, until it has ended. */
	let live: Child | undefined;
	/** What the child, or without one the file, has. */
	let applied: Wanted | undefined;
	/** A change that was not made, because it failed elsewhere; the next one is. */
	let refused: Wanted | undefined;
	/** A run of `-on-change exec=...`. */
	let handler: Child | undefined;
	/** `follow` is at work. */
	let replacing = false;
	/** `live` has been asked to end and the next one will take its place. */
	let restarting = false;
	/** The next look restarts the child though nothing changed. */
	let forced = false;
	/** Set once the end is decided: nothing is started from then on. */
	let endCode: number | undefined;
	let finish: (code: number) => void = () => {};
	const finished = new Promise<number>((resolve) => {
		finish = (code) => {
			endCode ??= code;
			session?.close();
			handler?.kill();
			// What others wait for is given back first.
			void restarts.close().then(() => resolve(code));
		};
	});
	const fail = (error: unknown) => {
		options.onError(errorMessage(error));
		live?.kill();
		finish(exitCodeOfError(error));
	};

	const wanted = () => wantedNow(session, config);
	/** The variables are known and others than those in use. */
	const outdated = (): boolean => {
		const next = wanted();
		if (next === undefined) return false;
		if (forced || applied === undefined) return true;
		return !sameVariables(applied.child, next.child) && !(refused && sameVariables(refused.child, next.child));
	};

	const replaceChild = async () => {
		if (replacing) return;
		replacing = true;
		try {
			while (endCode === undefined && outdated()) {
				if (!(await (live === undefined ? begin() : change(live)))) break;
			}
		} catch (error) {
			fail(error);
		} finally {
			replacing = false;
		}
	};

	/** The first start, and every later state when there is no command. */
	const begin = async (): Promise<boolean> => {
		const again = applied !== undefined;
		forced = false;
		// What came while the old child was ending counts already.
		const next = wanted();
		if (next === undefined) return false;
		if (!again) await outputs.write(next, config);
		else if (!(await rewrite(next))) return true;
		applied = next;
		if (endCode !== undefined) return false;
		if (config.command !== undefined) await start(config.command, next.child);
		else if (config.once) finish(0);
		else if (again && config.onChange.kind === "exec") await runHandler(config.onChange.command, next.child);
		// What is there is what there is.
		if (config.once && next.sources === undefined) session?.close();
		return true;
	};

	/** False when there is nothing to do any more. */
	const change = async (process: Child): Promise<boolean> => {
		const turn = await restarts.turn(config);
		try {
			const next = wanted();
			// Undone while others had their turn, or it ended by itself: others see to that.
			if (next === undefined || !outdated() || process.gone || endCode !== undefined) return endCode === undefined;
			if (!forced && (await turn.stopped(next.version))) {
				refused = next;
				logger.error("restarts with these variables have failed elsewhere: the child keeps what it has");
				return true;
			}
			refused = undefined;
			if (!(await rewrite(next))) return true;
			if (forced || config.onChange.kind === "restart") {
				if (!(await stopForRestart(process))) return false;
				await begin();
			} else {
				applied = next;
				await tellOfChange(process, next.child);
			}
			const running = live;
			if (running !== undefined) await turn.settled(applied?.version ?? "", running);
			return true;
		} finally {
			await turn.end();
		}
	};

	/** A file that cannot be written now is no reason to end a child that runs: false, and the next change is tried again. */
	const rewrite = async (next: Wanted): Promise<boolean> => {
		try {
			await outputs.write(next, config);
			return true;
		} catch (error) {
			forced = false;
			refused = next;
			logger.error(`nothing is changed: ${errorMessage(error)}`);
			return false;
		}
	};

	const tellOfChange = async (process: Child, variables: Variables) => {
		const { onChange } = config;
		if (onChange.kind === "signal") {
			logger.info("variables changed: signal to the child", { pid: process.pid, signal: onChange.signal });
			process.signal(onChange.signal);
		} else if (onChange.kind === "exec") await runHandler(onChange.command, variables);
	};

	/** A command that fails is only reported: the child is worth more. */
	const runHandler = async (line: string, variables: Variables) => {
		const command = { words: [line], killSignal: "SIGTERM", killTimeoutMs: 5_000, splayMs: 0 } as const;
		try {
			handler = await startChild({ command, variables, path, whole: true, clock });
			const running = handler;
			const late = clock.after(handlerMsMax, () => void running.stop());
			const { code, signal } = await running.ended;
			late.cancel();
			if (code !== 0) logger.error(`on-change command ended with ${signal ?? code}`, { command: line });
		} catch (error) {
			logger.error(`on-change: ${errorMessage(error)}`);
		} finally {
			handler = undefined;
		}
	};

	/** False when there is nothing to start any more. */
	const stopForRestart = async (process: Child): Promise<boolean> => {
		await pause((config.command?.splayMs ?? 0) * options.random.next(), clock);
		// It ended by itself meanwhile, or the program is to end: others see to that.
		if (process.gone || endCode !== undefined) return false;
		logger.info("variables changed: restarting the child", { pid: process.pid });
		restarting = true;
		await process.stop();
		await process.ended;
		restarting = false;
		live = undefined;
		if (endCode !== undefined) finish(endCode);
		return endCode === undefined;
	};

	const start = async (command: Command, variables: Variables) => {
		const process = await startChild({ command, variables, path, whole: !config.compat, clock });
		live = process;
		logger.info("started the child", { pid: process.pid, variables: variables.size });
		void process.ended.then(async (end) => {
			if (restarting || endCode !== undefined) return;
			await restarts.settling();
			if (endCode === undefined) finish(exitCodeOfChild(end, config.compat));
		});
		if (endCode !== undefined) await stopLive(process, endCode);
	};

	/** Stops the child and then the program; asked a second time, at once. */
	const stopAll = async (code: number) => {
		if (endCode !== undefined) {
			live?.kill();
			return;
		}
		endCode = code;
		session?.close();
		// A process that is just ending or starting is seen to where it is waited for.
		if (replacing && (restarting || (live === undefined && config.command !== undefined))) return;
		if (live === undefined) finish(code);
		else await stopLive(live, code);
	};

	const stopLive = async (process: Child, code: number) => {
		await process.stop();
		// The reference does not wait for what it has killed.
		if (!config.compat) await Promise.race([process.ended, pause(killedWaitMs, clock)]);
		finish(code);
	};

	const follow = (next: Config) => {
		const { random } = options;
		const onChange = () => void replaceChild();
		const covered = () => wanted() !== undefined;
		const opened = openSession({
			config: next,
			clock,
			random,
			logger,
			matters: outdated,
			covered,
			onChange,
			onFailure: fail,
		});
		session?.close();
		session = opened;
		config = next;
	};
	follow(first);

	return {
		finished,
		signal(signal) {
			if (signal === config.killSignal) void stopAll(exitCode.interrupted);
			else if (live === undefined || restarting) {
				// The reference loses it and goes on waiting.
				if (!config.compat && endsProcesses.has(signal)) void stopAll(exitCode.interrupted);
			} else if (config.compat && signal === config.command?.killSignal) void stopAll(127);
			else live.signal(signal);
		},
		reload(next) {
			if (endCode !== undefined) return;
			follow(next);
			forced = true;
		},
		killChild: () => live?.kill(),
	};
}

/** Signals that mean the end to a program without a handler. */
const endsProcesses: ReadonlySet<NodeJS.Signals> = new Set(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"]);

function pause(delayMs: number, clock: Clock): Promise<void> {
	return delayMs <= 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(delayMs, resolve));
}
