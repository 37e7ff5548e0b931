import type { Clock, Timer } from "../../../lib/env/index.ts";
import { suspicionRemainingMs } from "./formulas.ts";

/** The time that a suspect member has left to refute; each further accuser shortens it. */
export class Suspicion {
	readonly #clock: Clock;
	readonly #wanted: number;
	readonly #minMs: number;
	readonly #maxMs: number;
	readonly #startedMs: number;
	readonly #onTimeout: () => void;
	readonly #accusers: Set<string>;
	#timer: Timer;

	constructor(parts: {
		readonly clock: Clock;
		readonly from: string;
		/** Confirmations that bring the time down to `minMs`. */
		readonly wanted: number;
		readonly minMs: number;
		readonly maxMs: number;
		readonly onTimeout: () => void;
	}) {
		const { clock, from, wanted, minMs, maxMs, onTimeout } = parts;
		this.#clock = clock;
		this.#wanted = wanted;
		this.#minMs = minMs;
		this.#maxMs = maxMs;
		this.#onTimeout = onTimeout;
		this.#accusers = new Set([from]);
		this.#startedMs = clock.monotonicMs();
		this.#timer = clock.after(wanted < 1 ? minMs : maxMs, onTimeout);
	}

	/** Whether this was news, to be told to others. */
	confirm(from: string): boolean {
		if (this.#accusers.size > this.#wanted || this.#accusers.has(from)) return false;
		this.#accusers.add(from);
		this.#timer.cancel();
		const remainingMs = suspicionRemainingMs({
			confirmations: this.#accusers.size - 1,
			wanted: this.#wanted,
			elapsedMs: this.#clock.monotonicMs() - this.#startedMs,
			minMs: this.#minMs,
			maxMs: this.#maxMs,
		});
		this.#timer = this.#clock.after(Math.max(0, remainingMs), this.#onTimeout);
		return true;
	}

	/** Members that have confirmed it. */
	get confirmations(): number {
		return this.#accusers.size - 1;
	}

	cancel(): void {
		this.#timer.cancel();
	}
}
