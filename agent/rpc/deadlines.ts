import type { Clock, Timer } from "../../lib/env/index.ts";

/** Due times are rounded up to this: one timer serves all of them. */
const stepMs = 250;
/** Waits shorter than this are not rounded. */
const exactMs = 10_000;

export interface Waiting {
	/** The time is over. Not called after `cancel`. */
	onDue(): void;
}

/** Ends of long waits, of which there may be thousands, each due at another time: a timer of its own costs more than the wait. */
export interface Deadlines {
	/** Calls `onDue` once, `delayMs` from now or, of a long wait, a little later. The returned timer has `cancel`. */
	add(waiting: Waiting, delayMs: number): Timer;
}

class Step implements Timer {
	readonly waiting = new Set<Waiting>();
	timer: Timer | undefined;

	cancel(): void {
		this.timer?.cancel();
	}
}

export function createDeadlines(clock: Clock): Deadlines {
	const steps = new Map<number, Step>();

	function stepAt(number: number): Step {
		const known = steps.get(number);
		if (known !== undefined) return known;
		const step = new Step();
		steps.set(number, step);
		step.timer = clock.after(number * stepMs - clock.monotonicMs(), () => {
			steps.delete(number);
			for (const waiting of step.waiting) waiting.onDue();
		});
		return step;
	}

	return {
		add(waiting, delayMs) {
			if (delayMs < exactMs) return clock.after(delayMs, () => waiting.onDue());
			const number = Math.ceil((clock.monotonicMs() + delayMs) / stepMs);
			const step = stepAt(number);
			step.waiting.add(waiting);
			return {
				cancel() {
					step.waiting.delete(waiting);
					if (step.waiting.size > 0 || steps.get(number) !== step) return;
					steps.delete(number);
					step.timer?.cancel();
				},
			};
		},
	};
}
