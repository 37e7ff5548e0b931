import type { Clock, Timer } from "../../lib/env/index.ts";

/** First reads under way at once: enough to keep the agent busy, few enough to go over kept connections. */
const firstReadsMax = 64;
/** Blocking reads that begin at once, and the pause after them. */
const batchSize = 32;
const batchPauseMs = 5;
/** However long others' first reads take, what is known is followed from then on. */
const longestWaitMs = 500;

/**
 * What is asked first when thousands of watches begin: first answers go before waiting for changes, since nothing is rendered
 * until all are there, and a connection that waits is one that answers nothing.
 */
export interface StartOrder {
	/** Runs a first read when it is its turn. */
	first<T>(read: () => Promise<T>): Promise<T>;
	/** Resolves when no first read is open any more, in batches; after half a second at the latest. */
	followers(): Promise<void>;
	/** Lets all go at once from now on. */
	close(): void;
}

export function createStartOrder(clock: Clock): StartOrder {
	const queue: (() => void)[] = [];
	const waiting: (() => void)[] = [];
	let running = 0;
	let timer: Timer | undefined;
	let closed = false;

	function release(): void {
		timer = undefined;
		for (const go of waiting.splice(0, closed ? waiting.length : batchSize)) go();
		if (waiting.length > 0) timer = clock.after(batchPauseMs, release);
	}

	function firstEnded(): void {
		running--;
		queue.shift()?.();
		if (running > 0 || waiting.length === 0) return;
		timer?.cancel();
		timer = clock.after(batchPauseMs, release);
	}

	return {
		async first(read) {
			if (running >= firstReadsMax && !closed) await new Promise<void>((resolve) => queue.push(resolve));
			running++;
			try {
				return await read();
			} finally {
				firstEnded();
			}
		},
		followers() {
			if (closed || (running === 0 && waiting.length === 0)) return Promise.resolve();
			timer ??= clock.after(longestWaitMs, release);
			return new Promise((resolve) => waiting.push(resolve));
		},
		close() {
			closed = true;
			timer?.cancel();
			release();
			for (const go of queue.splice(0)) go();
		},
	};
}
