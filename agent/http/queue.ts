import type { EndSignal } from "../rpc/index.ts";

/** What happened and was not taken yet by the one who reads. */
export interface Queue<Item> {
	/** Of more than the limit the oldest are dropped. */
	push(item: Item): void;
	/** In order, as they come, until the signal is aborted. For one reader. */
	items(): AsyncIterable<Item>;
}

/** `max`: most items that wait. Ends when `signal` is aborted. */
export function createQueue<Item>(max: number, signal: EndSignal): Queue<Item> {
	let waiting: Item[] = [];
	let wake: () => void = () => {};
	return {
		push(item) {
			waiting.push(item);
			if (waiting.length > max) waiting.shift();
			wake();
		},
		async *items() {
			while (!signal.aborted) {
				const ready = waiting;
				waiting = [];
				yield* ready;
				if (waiting.length > 0) continue;
				await new Promise<void>((resolve) => {
					wake = resolve;
					if (signal.aborted) resolve();
					else signal.addEventListener("abort", () => resolve(), { once: true });
				});
			}
		},
	};
}
