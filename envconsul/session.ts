import { type Client, createClient } from "../client/index.ts";
import type { Clock, Random } from "../lib/env/index.ts";
import type { Logger } from "../lib/log/index.ts";
import type { Config } from "./config.ts";
import { answeredSources, type SourceAnswer } from "./environment.ts";
import { createQuiescence } from "./quiescence.ts";
import { type SourceWatcher, watchSources } from "./watch-sources.ts";

/** The sources of one configuration with what they answered last. */
export interface Session {
	/** Undefined until every source has answered. Without a source there is never an answer (as recorded). */
	answers(): readonly SourceAnswer[] | undefined;
	/** A source could not be read, and not all have answered yet: what is kept for that case may be used. */
	troubled(): boolean;
	close(): void;
}

/**
 * Follows a configuration's sources. `matters` is asked after each answer; when it says so, `onChange` is called once things are
 * quiet. `onFailure` hears what ends the program. Error: `ADDRESS_INVALID`.
 */
export function openSession(options: {
	readonly config: Config;
	readonly clock: Clock;
	readonly random: Pick<Random, "next">;
	readonly logger: Logger;
	readonly matters: () => boolean;
	readonly onChange: () => void;
	readonly onFailure: (error: unknown) => void;
	/** Something can be started although the agent does not answer. */
	readonly covered: () => boolean;
}): Session {
	const { config } = options;
	const onFailure = (error: unknown) => {
		try {
			if (trouble && options.covered()) return;
		} catch {
			// The first error says it.
		}
		options.onFailure(error);
	};
	const client: Client = createClient(config.client);
	const answers = new Map<string, SourceAnswer>();
	let trouble = false;
	const answered = () => {
		const all = answeredSources(config.sources, answers);
		return all.length > 0 && all.length === config.sources.length ? all : undefined;
	};
	const touchIfItMatters = () => {
		try {
			if (options.matters()) quiescence.touch();
		} catch (error) {
			onFailure(error);
		}
	};
	const quiescence = createQuiescence(config.once ? undefined : config.wait, options.clock, options.onChange);
	const watcher: SourceWatcher = watchSources({
		client,
		config,
		clock: options.clock,
		random: options.random,
		logger: options.logger,
		onAnswer(id, answer) {
			answers.set(id, answer);
			touchIfItMatters();
		},
		onTrouble() {
			if (trouble || answered() !== undefined) return;
			trouble = true;
			touchIfItMatters();
		},
		onFailure,
	});
	return {
		answers: answered,
		troubled: () => trouble && answered() === undefined,
		close() {
			quiescence.cancel();
			watcher.close();
			client.close();
		},
	};
}
