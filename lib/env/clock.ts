/** A pending call; `cancel` is idempotent and harmless after the call was made. */
export interface Timer {
	cancel(): void;
}

export interface Clock {
	/** Wall-clock time in milliseconds since the Unix epoch. May jump; only for what people and files see. */
	nowMs(): number;
	/** Milliseconds since some start, never going back. For every interval and time-out. */
	monotonicMs(): number;
	/** Calls `callback` once, `delayMs` (0 or more) from now. */
	after(delayMs: number, callback: () => void): Timer;
}
