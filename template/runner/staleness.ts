import type { Clock, Timer } from "../../lib/env/index.ts";

/** Whether what a template was made of is too old. */
export interface Staleness {
	/** Since when (monotonic) its data could not be confirmed; undefined: they are as they were answered. */
	review(unconfirmedSinceMs: number | undefined): void;
	stale(): boolean;
	close(): void;
}

/** `onChange` hears when the data become too old, and when they are confirmed again after that. */
export function createStaleness(clock: Clock, maxAgeMs: number, onChange: (stale: boolean) => void): Staleness {
	let sinceMs: number | undefined;
	let timer: Timer | undefined;
	let stale = false;
	const become = (now: boolean) => {
		if (stale === now) return;
		stale = now;
		onChange(now);
	};
	return {
		review(unconfirmedSinceMs) {
			if (unconfirmedSinceMs === sinceMs) return;
			sinceMs = unconfirmedSinceMs;
			timer?.cancel();
			timer = undefined;
			if (sinceMs === undefined) {
				become(false);
				return;
			}
			const leftMs = sinceMs + maxAgeMs - clock.monotonicMs();
			if (leftMs <= 0) become(true);
			else timer = clock.after(leftMs, () => become(true));
		},
		stale: () => stale,
		close: () => timer?.cancel(),
	};
}
