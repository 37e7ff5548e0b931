import type { Clock } from "../lib/env/index.ts";
import { nodeClock } from "../lib/node/index.ts";

/** Node's clock; 0 ms are over when what has arrived by now was taken in, where a timer takes a whole millisecond. */
export const promptClock: Clock = {
	...nodeClock,
	after(delayMs, callback) {
		if (delayMs > 0) return nodeClock.after(delayMs, callback);
		const immediate = setImmediate(callback);
		return { cancel: () => clearImmediate(immediate) };
	},
};
