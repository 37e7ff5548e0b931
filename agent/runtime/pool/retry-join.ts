import type { Clock, Timer } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";

/** Pause after the first attempt; each further one is twice as long, up to the interval: agents that start together find each other soon. */
const firstPauseMs = 1_000;

/** `-retry-join`: tries until one of the addresses can be joined. */
export interface RetryJoin {
	/** Resolves when joined; fails with the last error after `attemptsMax` of them. Never ends after `close`. */
	readonly done: Promise<void>;
	close(): void;
}

export function retryJoin(parts: {
	readonly addresses: readonly string[];
	/** Between two attempts. */
	readonly intervalMs: number;
	/** Whether the first pauses are shorter, where attempts have no end. */
	readonly beginsSoon: boolean;
	/** 0: for ever. */
	readonly attemptsMax: number;
	readonly join: (addresses: readonly string[]) => Promise<void>;
	readonly clock: Clock;
	readonly logger: Logger;
}): RetryJoin {
	const { addresses, intervalMs, beginsSoon, attemptsMax, join, clock, logger } = parts;
	let timer: Timer | undefined;
	let closed = false;
	const done = new Promise<void>((resolve, reject) => {
		let attempts = 0;
		const attempt = () => {
			join(addresses).then(
				() => {
					logger.info("join completed");
					resolve();
				},
				(error: unknown) => {
					attempts++;
					if (closed) return;
					if (attemptsMax > 0 && attempts > attemptsMax) {
						reject(error);
						return;
					}
					const isShort = beginsSoon && attemptsMax === 0;
					const pauseMs = isShort ? Math.min(intervalMs, firstPauseMs * 2 ** (attempts - 1)) : intervalMs;
					logger.warn(`join failed, will retry: ${errorMessage(error)}`, { "retry-ms": pauseMs });
					timer = clock.after(pauseMs, attempt);
				},
			);
		};
		attempt();
	});
	return {
		done,
		close() {
			closed = true;
			timer?.cancel();
		},
	};
}
