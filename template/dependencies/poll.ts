import type { Clock } from "../../lib/env/index.ts";
import type { Fetched, FetchOptions } from "./dependency.ts";

/**
 * A blocking read made of reads that cannot block: the first (index 0) answers at once, later ones look every `everyMs` and
 * answer when the value has changed or the wait is over.
 */
export async function pollingFetch(
	clock: Clock,
	options: FetchOptions,
	everyMs: number,
	read: () => Promise<unknown>,
	previous: { text?: string },
): Promise<Fetched> {
	const deadlineMs = clock.monotonicMs() + options.waitMs;
	for (;;) {
		if (options.index > 0) await pause(clock, everyMs, options.signal);
		const value = await read();
		const text = JSON.stringify(value);
		const changed = text !== previous.text;
		previous.text = text;
		if (options.index === 0) return { value, index: 1, lastContactMs: 0 };
		if (changed) return { value, index: options.index + 1, lastContactMs: 0 };
		if (clock.monotonicMs() >= deadlineMs) return { value, index: options.index, lastContactMs: 0 };
	}
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const aborted = () => {
			timer.cancel();
			reject(signal.reason);
		};
		const timer = clock.after(delayMs, () => {
			signal.removeEventListener("abort", aborted);
			resolve();
		});
		if (signal.aborted) aborted();
		else signal.addEventListener("abort", aborted, { once: true });
	});
}
