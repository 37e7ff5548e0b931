import type { Clock, Timer } from "../../lib/env/index.ts";

/** Waits for calm: each change restarts a timer of `minMs`, but `maxMs` after the first change it is over at the latest. */
export interface Quiescence {
	/** A change that would render. */
	tick(): void;
	/** What was waited for is gone (the text is again the one that was written). */
	cancel(): void;
	/** Whether it waits. */
	active(): boolean;
}

/** `onCalm` is called once per wait. */
export function createQuiescence(
	clock: Clock,
	wait: { readonly minMs: number; readonly maxMs: number },
	onCalm: () => void,
): Quiescence {
	let timer: Timer | undefined;
	let deadlineMs = 0;
	const cancel = () => {
		timer?.cancel();
		timer = undefined;
	};
	return {
		tick() {
			const nowMs = clock.monotonicMs();
			if (timer === undefined) deadlineMs = nowMs + wait.maxMs;
			timer?.cancel();
			timer = clock.after(Math.max(0, Math.min(wait.minMs, deadlineMs - nowMs)), () => {
				timer = undefined;
				onCalm();
			});
		},
		cancel,
		active: () => timer !== undefined,
	};
}
