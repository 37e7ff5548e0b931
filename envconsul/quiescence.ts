import type { Clock, Timer } from "../lib/env/index.ts";

/** Waits for quiet. */
export interface Quiescence {
	/** Something changed: calls back when nothing more did for `minMs`, at the latest `maxMs` after the first change. */
	touch(): void;
	/** Forgets what is waiting. */
	cancel(): void;
}

/** Without `wait` each change calls back at once. */
export function createQuiescence(
	wait: { readonly minMs: number; readonly maxMs: number } | undefined,
	clock: Clock,
	onQuiet: () => void,
): Quiescence {
	let deadlineMs: number | undefined;
	let timer: Timer | undefined;
	const cancel = () => {
		timer?.cancel();
		timer = undefined;
		deadlineMs = undefined;
	};
	return {
		touch() {
			if (wait === undefined) {
				onQuiet();
				return;
			}
			const nowMs = clock.monotonicMs();
			deadlineMs ??= nowMs + wait.maxMs;
			timer?.cancel();
			timer = clock.after(Math.max(0, Math.min(wait.minMs, deadlineMs - nowMs)), () => {
				cancel();
				onQuiet();
			});
		},
		cancel,
	};
}
