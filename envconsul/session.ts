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
}): Session {
	const { config, onFailure } = options;
	const client: Client = createClient(config.client);
	const answers = new Map<string, SourceAnswer>();
	const quiescence = createQuiescence(config.once ? undefined : config.wait, options.clock, options.onChange);
	const watcher: SourceWatcher = watchSources({
		client,
		config,
		clock: options.clock,
		random: options.random,
		logger: options.logger,
		onAnswer(id, answer) {
			answers.set(id, answer);
			try {
				if (options.matters()) quiescence.touch();
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
