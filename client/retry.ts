import { pause } from "../lib/env/index.ts";
import { nodeClock } from "../lib/node/clock.ts";
import { asDiscoError, backoffMs, type WatchOptions } from "./watch.ts";

export interface RetryOptions extends Partial<Pick<WatchOptions, "clock" | "random" | "signal" | "backoff">> {
	/** Tries in all; 5 unless given. */
	readonly attemptsMax?: number;
}

const attemptsMaxDefault = 5;

/**
 * Calls until it succeeds: errors that may pass by themselves (`retryable`) are tried again after a growing pause, of which a random
 * half is cut off. Fails with the last error, or at once with one that a retry cannot help. Only for calls that may be made twice.
 */
export async function retry<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
	const { clock = nodeClock, attemptsMax = attemptsMaxDefault } = options;
	const random = options.random ?? { next: Math.random };
	const signal = options.signal ?? new AbortController().signal;
	for (let attempt = 1; ; attempt++) {
		try {
			return await call();
		} catch (thrown) {
			const error = asDiscoError(thrown);
			if (!error.retryable || attempt >= attemptsMax || signal.aborted) throw error;
			await pause(backoffMs(attempt, { random, ...(options.backoff && { backoff: options.backoff }) }), clock, signal);
			if (signal.aborted) throw error;
		}
	}
}
