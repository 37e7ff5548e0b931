import type { Clock, Random } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { EndSignal } from "./endpoints.ts";
import { type QueryResult, WatchSet } from "../state/index.ts";

/** Blocking queries that may wait at the same time; one more is refused with `WAITERS_TOO_MANY`. */
const waitersMaxDefault = 100_000;

/** A sixteenth of the wait is added at random, so that those who began together do not return together. */
const jitterPart = 16;

interface BlockingQueries {
	/**
	 * Reads, and while the result's index is not above `minIndex` waits for a change and reads again, `maxWaitMs` at most (plus
	 * a random sixteenth); then it gives what is there. `minIndex` 0 reads once.
	 *
	 * Fails with `WAIT_ABORTED` when `signal` is aborted and with `WAITERS_TOO_MANY`.
	 */
	run<Value>(
		read: (watchSet: WatchSet | undefined) => QueryResult<Value>,
		options: { readonly minIndex: number; readonly maxWaitMs: number; readonly signal?: EndSignal },
	): QueryResult<Value> | Promise<QueryResult<Value>>;
	/** How many wait now. */
	waiting(): number;
}

export function createBlockingQueries(options: {
	readonly clock: Clock;
	readonly random: Random;
	readonly waitersMax?: number;
}): BlockingQueries {
	const { clock, random, waitersMax = waitersMaxDefault } = options;
	let waiting = 0;

	async function wait<Value>(
		read: (watchSet: WatchSet) => QueryResult<Value>,
		first: { readonly result: QueryResult<Value>; readonly watchSet: WatchSet },
		limits: { readonly minIndex: number; readonly maxWaitMs: number; readonly signal?: EndSignal },
	): Promise<QueryResult<Value>> {
		const jitterMs = (random.next() * limits.maxWaitMs) / jitterPart;
		const deadlineMs = clock.monotonicMs() + limits.maxWaitMs + jitterMs;
		let { result, watchSet } = first;
		for (;;) {
			const leftMs = deadlineMs - clock.monotonicMs();
			if (leftMs <= 0 || !(await changed(watchSet, leftMs, clock, limits.signal))) return result;
			const before = result.index;
			watchSet = new WatchSet();
			result = read(watchSet);
			// An index that went back: a snapshot was restored, and the client has to start again from what is here now.
			if (result.index > limits.minIndex || result.index < before) return result;
		}
	}

	return {
		run(read, limits) {
			if (limits.minIndex === 0) return read(undefined);
			const watchSet = new WatchSet();
			const result = read(watchSet);
			if (result.index > limits.minIndex) return result;
			if (waiting >= waitersMax) {
				throw new DiscoError(
					"WAITERS_TOO_MANY",
					`${waiting} blocking queries wait already, which is the limit; ask without ?index or another server`,
					{ retryable: true },
				);
			}
			waiting++;
			return wait(read, { result, watchSet }, limits).finally(() => {
				waiting--;
			});
		},
		waiting: () => waiting,
	};
}

/** True when something changed, false when the time is over. Fails with `WAIT_ABORTED`. */
function changed(watchSet: WatchSet, leftMs: number, clock: Clock, signal: EndSignal | undefined): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const stop = () => {
			endWait();
			timer.cancel();
			signal?.removeEventListener("abort", onAbort);
		};
		const onAbort = () => {
			stop();
			reject(new DiscoError("WAIT_ABORTED", "the wait was ended", { retryable: true }));
		};
		const endWait = watchSet.wait(() => {
			stop();
			resolve(true);
		});
		const timer = clock.after(leftMs, () => {
			stop();
			resolve(false);
		});
		if (signal?.aborted === true) onAbort();
		else signal?.addEventListener("abort", onAbort, { once: true });
	});
}
