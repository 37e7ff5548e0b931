import type { Clock } from "./clock.ts";

/** Resolves after `delayMs`, or at once when `signal` is aborted. */
export function pause(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) {
			resolve();
			return;
		}
		const done = () => {
			timer.cancel();
			signal.removeEventListener("abort", done);
			resolve();
		};
		const timer = clock.after(delayMs, done);
		signal.addEventListener("abort", done, { once: true });
	});
}
