import type { Clock, Timer } from "../env/index.ts";

/** Longest delay that `setTimeout` honours (2^31-1 ms, 24.8 days); a longer one would fire at once. */
const delayMsMax = 0x7fff_ffff;

export const nodeClock: Clock = {
	nowMs: () => Date.now(),
	monotonicMs: () => performance.now(),
	after(delayMs, callback) {
		if (delayMs <= 0) return soon(callback);
		const dueMs = performance.now() + delayMs;
		let timeout: NodeJS.Timeout;
		const arm = () => {
			const leftMs = dueMs - performance.now();
			timeout = leftMs > delayMsMax ? setTimeout(arm, delayMsMax) : setTimeout(callback, Math.max(0, leftMs));
		};
		arm();
		return { cancel: () => clearTimeout(timeout) };
	},
};

/** When what has come by now was dealt with; `setTimeout` would wait for a millisecond. */
function soon(callback: () => void): Timer {
	const immediate = setImmediate(callback);
	return { cancel: () => clearImmediate(immediate) };
}
