import { type Client, createClient } from "../client/index.ts";
import type { Clock, Random } from "../lib/env/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { type Child, startChild } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { Config } from "./config.ts";
import { answeredSources, environmentFrom, type SourceAnswer, sameVariables, type Variables } from "./environment.ts";
import { exitCode, exitCodeOfChild, exitCodeOfError } from "./exit-code.ts";
import { createQuiescence } from "./quiescence.ts";
import { type SourceWatcher, watchSources } from "./watch-sources.ts";

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
	let child: { readonly process: Child; readonly variables: Variables } | undefined;
	/** A (re)start is under way. */
	let replacing = false;
	/** The next look restarts the child though nothing changed. */
	let forced = false;
	/** The child is being stopped and must not come back. */
	let ending = false;
	let finish: (code: number) => void = () => {};
	const finished = new Promise<number>((resolve) => {
		finish = (code) => {
			ending = true;
			session?.close();
			resolve(code);
		};
	});
	const fail = (error: unknown) => {
		options.onError(errorMessage(error));
		child?.process.kill();
		finish(exitCodeOfError(error));
	};

	/** Undefined until every source has answered. */
	const wanted = (): Variables | undefined => {
		const answers = session?.answers();
		if (answers === undefined) return undefined;
		const variables = environmentFrom(answers, config.names);
		return childEnvironment({ own: options.own, variables, pristine: config.pristine, filter: config.filter });
	};

	const replaceChild = async () => {
		if (replacing || ending) return;
		replacing = true;
		try {
			for (;;) {
				const variables = wanted();
				const same =
					child !== undefined && !forced && variables !== undefined && sameVariables(child.variables, variables);
				if (variables === undefined || same || ending) break;
				forced = false;
				if (child !== undefined && !(await stopForRestart(child.process))) break;
				await start();
			}
		} catch (error) {
			fail(error);
		} finally {
			replacing = false;
		}
	};

	/** False when the child ended by itself before it was asked to: then the program ends with it. */
	const stopForRestart = async (process: Child): Promise<boolean> => {
		await pause(config.command.splayMs * options.random.next(), clock);
		if (process.gone || ending) return false;
		logger.info("variables changed: restarting the child", { pid: process.pid });
		child = undefined;
		await process.stop();
		const end = await process.ended;
		if (ending) finish(exitCodeOfChild(end, config.compat));
		return !ending;
	};

	const start = async () => {
		// What came while the old child was ending counts already.
		const variables = wanted();
		if (variables === undefined) return;
		const process = await startChild({
			command: config.command,
			variables,
			path: options.path,
			whole: !config.compat,
			clock,
		});
		child = { process, variables };
		logger.info("started the child", { pid: process.pid, variables: variables.size });
		void process.ended.then((end) => {
			if (child?.process === process && !ending) finish(exitCodeOfChild(end, config.compat));
		});
		if (ending) process.signal("SIGTERM");
	};

	/** Stops the child and then the program; asked a second time, at once. */
	const stopAll = async (code: number) => {
		const process = child?.process;
		if (ending) {
			process?.kill();
			return;
		}
		ending = true;
		session?.close();
		if (process !== undefined) {
			await process.stop();
			// The reference does not wait for what it has killed.
			if (!config.compat) await Promise.race([process.ended, pause(killedWaitMs, clock)]);
			finish(code);
		} else if (!replacing) finish(code);
	};

	const follow = () => {
		session = openSession(
			config,
			options,
			() => void replaceChild(),
			fail,
			() => {
				const variables = wanted();
				return variables !== undefined && (forced || child === undefined || !sameVariables(child.variables, variables));
			},
		);
	};
	follow();

	return {
		finished,
		signal(signal) {
			if (signal === config.killSignal) void stopAll(exitCode.interrupted);
			else if (child === undefined) {
				// The reference loses it and goes on waiting.
				if (!config.compat && endsProcesses.has(signal)) void stopAll(exitCode.interrupted);
			} else if (config.compat && signal === config.command.killSignal) void stopAll(127);
			else child.process.signal(signal);
		},
		reload(next) {
			if (ending) return;
			session?.close();
			config = next;
			forced = true;
			follow();
		},
		killChild: () => child?.process.kill(),
	};
}

/** Signals that mean the end to a program without a handler. */
const endsProcesses: ReadonlySet<NodeJS.Signals> = new Set(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"]);

/** The sources of one configuration with what they answered last. */
interface Session {
	/** Undefined until every source has answered. Without a source there is never an answer (as recorded). */
	answers(): readonly SourceAnswer[] | undefined;
	close(): void;
}

function openSession(
	config: Config,
	options: RunnerOptions,
	onChange: () => void,
	onFailure: (error: unknown) => void,
	matters: () => boolean,
): Session {
	const client: Client = createClient(config.client);
	const answers = new Map<string, SourceAnswer>();
	const quiescence = createQuiescence(config.once ? undefined : config.wait, options.clock, onChange);
	const watcher: SourceWatcher = watchSources({
		client,
		config,
		clock: options.clock,
		random: options.random,
		logger: options.logger,
		onAnswer(id, answer) {
			answers.set(id, answer);
			try {
				if (matters()) quiescence.touch();
			} catch (error) {
				onFailure(error);
			}
		},
		onFailure,
	});
	return {
		answers() {
			const all = answeredSources(config.sources, answers);
			return all.length > 0 && all.length === config.sources.length ? all : undefined;
		},
		close() {
			quiescence.cancel();
			watcher.close();
			client.close();
		},
	};
}

function pause(delayMs: number, clock: Clock): Promise<void> {
	return delayMs <= 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(delayMs, resolve));
}
