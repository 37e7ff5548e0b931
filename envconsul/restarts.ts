import { createClient } from "../client/index.ts";
import type { Clock } from "../lib/env/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { Child } from "./child.ts";
import type { Config } from "./config.ts";
import { untilReady } from "./ready.ts";
import { takeTurn } from "./rolling.ts";

/** One change of this program's child among those of others. */
export interface RestartTurn {
	stopped(version: string): Promise<boolean>;
	/** Waits until the child is ready; when it is not, the others hear of it. */
	settled(version: string, child: Child): Promise<void>;
	end(): Promise<void>;
}

/** Takes turns with the other programs when the configuration says so. */
export interface Restarts {
	/** Waits for this program's turn; without a lock it is always. */
	turn(config: Config): Promise<RestartTurn>;
	/** Resolves when the result of a restart under way is known to the others. */
	settling(): Promise<void>;
	/** Gives up waiting and the turn; takes at most `closeMs`. Idempotent. */
	close(): Promise<void>;
}

const closeMs = 3_000;
const always: RestartTurn = { stopped: async () => false, settled: async () => {}, end: async () => {} };

export function createRestarts(clock: Clock, logger: Logger): Restarts {
	const closing = new AbortController();
	let current: Promise<void> = Promise.resolve();
	let settled: Promise<void> = Promise.resolve();

	const rollingTurn = async (config: Config, rolling: NonNullable<Config["rolling"]>): Promise<RestartTurn> => {
		let over: () => void = () => {};
		current = new Promise((resolve) => {
			over = resolve;
		});
		const client = createClient({ ...config.client, timeoutMs: 10_000 });
		const turn = await takeTurn({ client, config: rolling, clock, logger, signal: closing.signal });
		const wait = async (version: string, child: Child) => {
			const probe = rolling.ready;
			if (turn === undefined || probe === undefined) return;
			const ended = new AbortController();
			const abort = () => ended.abort();
			void child.ended.then(abort);
			closing.signal.addEventListener("abort", abort, { once: true });
			const signal = ended.signal;
			if (await untilReady(probe, { timeoutMs: rolling.readyTimeoutMs, clock, signal })) return;
			if (closing.signal.aborted) return;
			try {
				const failed = await turn.failed(version);
				const stops = failed >= rolling.abortAfter ? "; no other child is restarted with them" : "";
				logger.error(`the restarted child did not become ready (failures with these variables: ${failed})${stops}`);
			} catch (error) {
				logger.error(`the restarted child did not become ready, and nobody could be told: ${errorMessage(error)}`);
			}
		};
		return {
			stopped: async (version) => {
				try {
					return (await turn?.stopped(version)) ?? false;
				} catch (error) {
					logger.warn(`restart-lock ${rolling.lock}: ${errorMessage(error)}`);
					return false;
				}
			},
			settled(version, child) {
				settled = wait(version, child);
				return settled;
			},
			async end() {
				await turn?.end();
				client.close();
				over();
			},
		};
	};

	return {
		turn: async ({ rolling, ...config }) =>
			rolling === undefined ? always : rollingTurn({ ...config, rolling }, rolling),
		settling: () => settled,
		async close() {
			closing.abort();
			let timer: { cancel(): void } | undefined;
			const late = new Promise<void>((resolve) => {
				timer = clock.after(closeMs, resolve);
			});
			await Promise.race([current, late]);
			timer?.cancel();
		},
	};
}
