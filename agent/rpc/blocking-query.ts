import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { type MaybeLater, type QueryResult, WatchSet } from "../state/index.ts";
import { createDeadlines, type Deadlines, type Waiting } from "./deadlines.ts";
import type { EndSignal } from "./endpoints.ts";

/** Blocking queries that may wait at the same time; one more is refused with `WAITERS_TOO_MANY`. */
const waitersMaxDefault = 100_000;

/** A sixteenth of the wait is added at random, so that those who began together do not return together. */
const jitterPart = 16;

type Read<Value> = (watchSet: WatchSet | undefined) => MaybeLater<QueryResult<Value>>;

interface BlockingQueries {
	/**
	 * Reads, and while the result's index is not above `minIndex` waits for a change and reads again, `maxWaitMs` at most (plus
	 * a random sixteenth); then it gives what is there. `minIndex` 0 reads once.
	 *
	 * Fails with `WAIT_ABORTED` when `signal` is aborted and with `WAITERS_TOO_MANY`.
	 */
	run<Value>(
		read: Read<Value>,
		options: { readonly minIndex: number; readonly maxWaitMs: number; readonly signal?: EndSignal },
	): MaybeLater<QueryResult<Value>>;
	/** How many wait now. */
	waiting(): number;
}

export function createBlockingQueries(options: {
	readonly clock: Clock;
	readonly random: Random;
	readonly waitersMax?: number;
}): BlockingQueries {
	const { clock, random, waitersMax = waitersMaxDefault } = options;
	const deadlines = createDeadlines(clock);
	let waiting = 0;
	const onEnd = () => {
		waiting--;
	};

	return {
		run(read, { minIndex, maxWaitMs, signal }) {
			if (minIndex === 0) return read(undefined);
			const watchSet = new WatchSet();
			const first = read(watchSet);
			if (!(first instanceof Promise) && first.index > minIndex) return first;
			if (waiting >= waitersMax) {
				throw new DiscoError(
					"WAITERS_TOO_MANY",
					`${waiting} blocking queries wait already, which is the limit; ask without ?index or another server`,
					{ retryable: true },
				);
			}
			waiting++;
			const jitterMs = (random.next() * maxWaitMs) / jitterPart;
			const waitMs = maxWaitMs + jitterMs;
			return new Promise((resolve, reject) => {
				new Wait({ read, minIndex, signal, onEnd, resolve, reject }).begin(watchSet, first, { deadlines, waitMs });
			});
		},
		waiting: () => waiting,
	};
}

interface WaitParts<Value> {
	readonly read: Read<Value>;
	readonly minIndex: number;
	readonly signal: EndSignal | undefined;
	readonly onEnd: () => void;
	readonly resolve: (result: QueryResult<Value>) => void;
	readonly reject: (error: unknown) => void;
}

/** One blocking query from its first read on. There may be thousands: one object, and few around it. */
class Wait<Value> implements Waiting {
	readonly #parts: WaitParts<Value>;
	#timer: Timer | undefined;
	/** Ends what waits for a change. */
	#endWatch: (() => void) | undefined;
	/** What was read last; undefined while the first one is being read. */
	#last: QueryResult<Value> | undefined;
	#isReading = false;
	#hasChanged = false;
	#isDue = false;
	#isOver = false;

	constructor(parts: WaitParts<Value>) {
		this.#parts = parts;
	}

	begin(
		watchSet: WatchSet,
		first: MaybeLater<QueryResult<Value>>,
		limit: { readonly deadlines: Deadlines; readonly waitMs: number },
	): void {
		const { signal } = this.#parts;
		this.#timer = limit.deadlines.add(this, limit.waitMs);
		signal?.addEventListener("abort", this.#onAbort, { once: true });
		if (signal?.aborted === true) this.#onAbort();
		else this.#take(first, watchSet);
	}

	onDue(): void {
		this.#isDue = true;
		if (!this.#isReading && this.#last !== undefined) this.#end(this.#last);
	}

	readonly #onChange = (): void => {
		this.#hasChanged = true;
		if (!this.#isReading) this.#readAgain();
	};

	readonly #onAbort = (): void => {
		if (this.#over()) this.#parts.reject(new DiscoError("WAIT_ABORTED", "the wait was ended", { retryable: true }));
	};

	#readAgain(): void {
		try {
			const watchSet = new WatchSet();
			this.#take(this.#parts.read(watchSet), watchSet);
		} catch (error) {
			this.#fail(error);
		}
	}

	/** Waits for what is being read and, from now on, for changes of what it depends on. */
	#take(reading: MaybeLater<QueryResult<Value>>, watchSet: WatchSet): void {
		this.#hasChanged = false;
		if (!(reading instanceof Promise)) {
			this.#judge(reading, watchSet);
			return;
		}
		this.#isReading = true;
		this.#endWatch = watchSet.wait(this.#onChange);
		reading.then(
			(result) => {
				this.#isReading = false;
				if (!this.#isOver) this.#judge(result, undefined);
			},
			(error: unknown) => this.#fail(error),
		);
	}

	/** Gives the result when it is what was waited for, or waits for the next change; `watchSet` unless that is done already. */
	#judge(result: QueryResult<Value>, watchSet: WatchSet | undefined): void {
		const before = this.#last;
		this.#last = result;
		// An index that went back: a snapshot was restored, and the client has to start again from what is here now.
		const wentBack = before !== undefined && result.index < before.index;
		if (result.index > this.#parts.minIndex || wentBack || this.#isDue) this.#end(result);
		else if (watchSet !== undefined) this.#endWatch = watchSet.wait(this.#onChange);
		else if (this.#hasChanged) this.#readAgain();
	}

	#end(result: QueryResult<Value>): void {
		if (this.#over()) this.#parts.resolve(result);
	}

	#fail(error: unknown): void {
		if (this.#over()) this.#parts.reject(error);
	}

	/** False when it was over already. */
	#over(): boolean {
		if (this.#isOver) return false;
		this.#isOver = true;
		this.#endWatch?.();
		this.#timer?.cancel();
		this.#parts.signal?.removeEventListener("abort", this.#onAbort);
		this.#parts.onEnd();
		return true;
	}
}
