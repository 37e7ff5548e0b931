import { type Clock, pause, type Random } from "../lib/env/index.ts";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { ReadResult } from "./read.ts";

/** The part of a read's options that the loop sets; pass it on to the read as it is. */
export interface WatchQuery {
	readonly index: number;
	readonly waitMs: number;
	readonly signal: AbortSignal;
}

/** A failed read, as `onError` hears of it. */
export interface WatchFailure {
	readonly error: DiscoError;
	/** 1 for the first failure in a row. */
	readonly attempt: number;
	/** Until the next try. */
	readonly retryInMs: number;
}

export interface WatchOptions {
	readonly clock: Clock;
	/** For the backoff's jitter. */
	readonly random: Pick<Random, "next">;
	/** Ends the loop (without an error); a read under way is cancelled. */
	readonly signal?: AbortSignal;
	/** How long a read may block; 60 s unless given. */
	readonly waitMs?: number;
	/**
	 * Hears of each failure and says whether to go on. Unless given, what may pass by itself is retried for ever and the rest
	 * ends the loop with its error.
	 */
	readonly onError?: (failure: WatchFailure) => "retry" | "stop";
	/** The pause after the first failure, doubled with each further one up to `maxMs`; 250 ms and 60 s unless given. */
	readonly backoff?: { readonly firstMs?: number; readonly maxMs?: number };
}

const waitMsDefault = 60_000;
const backoffFirstMsDefault = 250;
const backoffMaxMsDefault = 60_000;
/** An answer that took less than this did not block. */
const quickMs = 50;
/** So many unblocked answers in a row are taken for a burst of changes; after that each is followed by a pause. */
const quickAnswersMax = 20;
const quickPauseMs = 200;
/** An answer without an index cannot be waited on: it is asked again after this pause. */
const pollPauseMs = 2_000;

/**
 * Follows a read by blocking queries: gives the first answer, and then each whose index has changed. Equal values under a new
 * index are given too (an index may cover more than was asked); comparing is up to the caller.
 *
 * The rules of the API's documentation: an index that goes backwards starts anew from 0, at once and without giving the older
 * answer; index 0 is never sent again. Nor does the first read after the agent could not be reached block: one that has lost its
 * data would answer a wait for the old index only when the wait is over. Its answer is given in any case. An agent that answers without blocking does not make the loop spin, and failures are
 * retried with a growing pause, of which a random half is cut off.
 */
export async function* watch<T>(
	read: (query: WatchQuery) => Promise<ReadResult<T>>,
	options: WatchOptions,
): AsyncGenerator<ReadResult<T>, void, undefined> {
	const signal = options.signal ?? new AbortController().signal;
	const waitMs = options.waitMs ?? waitMsDefault;
	let index = 0;
	let given = -1;
	let failures = 0;
	let quickAnswers = 0;
	/** Who answers next may have begun anew, with indexes that reach ours only after long. */
	let wasGone = false;
	while (!signal.aborted) {
		const askedAtMs = options.clock.monotonicMs();
		let answer: ReadResult<T>;
		try {
			answer = await read({ index: wasGone ? 0 : index, waitMs, signal });
			failures = 0;
		} catch (thrown) {
			if (signal.aborted) return;
			failures++;
			const retryInMs = backoffMs(failures, options);
			const error = asDiscoError(thrown);
			wasGone ||= error.code === "AGENT_UNREACHABLE";
			const verdict =
				options.onError?.({ error, attempt: failures, retryInMs }) ?? (error.retryable ? "retry" : "stop");
			if (verdict === "stop") throw error;
			await pause(retryInMs, options.clock, signal);
			continue;
		}
		const quick = options.clock.monotonicMs() - askedAtMs < quickMs;
		quickAnswers = quick ? quickAnswers + 1 : 0;
		const backwards = answer.index < index;
		// The same index may mean something else to one that has lost its data.
		if (wasGone) given = -1;
		wasGone = false;
		if (!backwards && (answer.index !== given || answer.index === 0)) {
			given = answer.index;
			yield answer;
		}
		index = backwards ? 0 : answer.index;
		if (backwards) given = -1;
		if (answer.index === 0) await pause(pollPauseMs, options.clock, signal);
		else if (quickAnswers > quickAnswersMax) await pause(quickPauseMs, options.clock, signal);
	}
}

/** The pause after so many failures in a row, of which a random half is cut off. */
export function backoffMs(failures: number, options: Pick<WatchOptions, "backoff" | "random">): number {
	const firstMs = options.backoff?.firstMs ?? backoffFirstMsDefault;
	const maxMs = options.backoff?.maxMs ?? backoffMaxMsDefault;
	const wholeMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
	return wholeMs / 2 + (wholeMs / 2) * options.random.next();
}

/** Whatever was thrown as an error with a code. */
export function asDiscoError(thrown: unknown): DiscoError {
	return thrown instanceof DiscoError
		? thrown
		: new DiscoError("WATCH_READ_FAILED", errorMessage(thrown), { cause: thrown });
}
