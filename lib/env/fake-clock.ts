import type { Clock, Timer } from "./clock.ts";
import { TimerHeap } from "./timer-heap.ts";

/** Time that stands still until it is moved. Timers run in order of their due time, then of their making. */
export class FakeClock implements Clock {
	readonly #epochMs: number;
	readonly #pending = new TimerHeap();
	#nowMs = 0;
	#made = 0;

	constructor(epochMs = Date.UTC(2026, 0, 1)) {
		this.#epochMs = epochMs;
	}

	nowMs(): number {
		return this.#epochMs + this.#nowMs;
	}

	monotonicMs(): number {
		return this.#nowMs;
	}

	after(delayMs: number, callback: () => void): Timer {
		const dueMs = this.#nowMs + Math.max(0, delayMs);
		const pending = { dueMs, order: this.#made++, callback, cancelled: false, taken: false };
		this.#pending.push(pending);
		return { cancel: () => this.#pending.cancel(pending) };
	}

	/** Timers that have not run yet. */
	get pendingCount(): number {
		return this.#pending.size;
	}

	/** When the next timer is due (monotonic), or undefined. */
	get nextDueMs(): number | undefined {
		return this.#pending.peek()?.dueMs;
	}

	/** Moves to the next timer and runs it; false when there is none. */
	runNext(): boolean {
		const next = this.#pending.pop();
		if (next === undefined) return false;
		this.#nowMs = Math.max(this.#nowMs, next.dueMs);
		next.callback();
		return true;
	}

	/** Runs every timer that is due within `ms` from now, those they make included, and moves there. */
	advance(ms: number): void {
		const untilMs = this.#nowMs + ms;
		while ((this.nextDueMs ?? Number.POSITIVE_INFINITY) <= untilMs) this.runNext();
		this.#nowMs = untilMs;
	}

	/**
	 * As `advance`, and after each timer lets the promises run that it settled: what awaits sees the time at which it was woken.
	 * Everything that is awaited must be fake too.
	 */
	async advanceAsync(ms: number): Promise<void> {
		const untilMs = this.#nowMs + ms;
		await settle();
		while ((this.nextDueMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
			this.runNext();
			await settle();
		}
		this.#nowMs = untilMs;
	}
}

/** Resolves when all promise callbacks that can run have run. */
export function settle(): Promise<void> {
	return new Promise((resolve) => {
		setImmediate(resolve);
	});
}
