import type { Clock, Random } from "../lib/env/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { type Child, startChild } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { Config } from "./config.ts";
import { environmentFrom, sameVariables, type Variables } from "./environment.ts";
import { exitCode, exitCodeOfChild, exitCodeOfError } from "./exit-code.ts";
import { openSession, type Session } from "./session.ts";

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
	let config = first;
	let session: Session | undefined;
	/** The process that runs, until it has ended. */
	let live: { readonly process: Child; readonly variables: Variables } | undefined;
	/** `replaceChild` is at work. */
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
			resolve(code);
		};
	});
	const fail = (error: unknown) => {
		options.onError(errorMessage(error));
		live?.process.kill();
		finish(exitCodeOfError(error));
	};

	/** Undefined until every source has answered. */
	const wanted = (): Variables | undefined => {
		const answers = session?.answers();
		if (answers === undefined) return undefined;
		const variables = environmentFrom(answers, config.names);
		return childEnvironment({ own: options.own, variables, pristine: config.pristine, filter: config.filter });
	};
	/** The variables are known and the child that runs has others. */
	const outdated = (): boolean => {
		const variables = wanted();
		if (variables === undefined) return false;
		return forced || live === undefined || !sameVariables(live.variables, variables);
	};

	const replaceChild = async () => {
		if (replacing) return;
		replacing = true;
		try {
			while (endCode === undefined && outdated()) {
				forced = false;
				if (live !== undefined && !(await stopForRestart(live.process))) break;
				await start();
			}
		} catch (error) {
			fail(error);
		} finally {
			replacing = false;
		}
	};

	/** False when there is nothing to start any more. */
	const stopForRestart = async (process: Child): Promise<boolean> => {
		await pause(config.command.splayMs * options.random.next(), clock);
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

	const start = async () => {
		// What came while the old child was ending counts already.
		const variables = wanted();
		if (variables === undefined) return;
		const { path } = options;
		const process = await startChild({ command: config.command, variables, path, whole: !config.compat, clock });
		live = { process, variables };
		logger.info("started the child", { pid: process.pid, variables: variables.size });
		void process.ended.then((end) => {
			if (!restarting && endCode === undefined) finish(exitCodeOfChild(end, config.compat));
		});
		if (endCode !== undefined) await stopLive(process, endCode);
	};

	/** Stops the child and then the program; asked a second time, at once. */
	const stopAll = async (code: number) => {
		if (endCode !== undefined) {
			live?.process.kill();
			return;
		}
		endCode = code;
		session?.close();
		// A process that is just ending or starting is seen to where it is waited for.
		if (replacing && (restarting || live === undefined)) return;
		if (live === undefined) finish(code);
		else await stopLive(live.process, code);
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
		const opened = openSession({ config: next, clock, random, logger, matters: outdated, onChange, onFailure: fail });
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
			} else if (config.compat && signal === config.command.killSignal) void stopAll(127);
			else live.process.signal(signal);
		},
		reload(next) {
			if (endCode !== undefined) return;
			follow(next);
			forced = true;
		},
		killChild: () => live?.process.kill(),
	};
}

/** Signals that mean the end to a program without a handler. */
const endsProcesses: ReadonlySet<NodeJS.Signals> = new Set(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"]);

function pause(delayMs: number, clock: Clock): Promise<void> {
	return delayMs <= 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(delayMs, resolve));
}
