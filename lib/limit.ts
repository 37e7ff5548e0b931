/** The time-out is counted in steps of at most this long. */
const stepMsMax = 500;

/**
 * A signal that is aborted with `signal`, or after `timeoutMs`. Call `end` when the attempt is over.
 *
 * Only time counts in which this process could run: after it stood still (a machine that swaps, a stopped container) the answer
 * may have long arrived, and whoever was asked is not to blame. So the time is counted in steps, and a late one counts as one.
 *
 * Not `AbortSignal.any([signal, AbortSignal.timeout(...)])`: Node 20 collects such signals as garbage while somebody listens to
 * them, and the time-out never comes (seen with a thousand checks that hang: after some minutes no probe ended any more).
 */
export function createLimit(signal: AbortSignal, timeoutMs: number): { readonly signal: AbortSignal; end(): void } {
	const controller = new AbortController();
	const abort = () => controller.abort(new Error("aborted"));
	let leftMs = timeoutMs;
	let timer: NodeJS.Timeout;
	const step = () => {
		const stepMs = Math.min(leftMs, timeoutMs / 4, stepMsMax);
		timer = setTimeout(() => {
			leftMs -= stepMs;
			if (leftMs <= 0) abort();
			else step();
		}, stepMs);
	};
	step();
	if (signal.aborted) abort();
	signal.addEventListener("abort", abort, { once: true });
	return {
		signal: controller.signal,
		end() {
			clearTimeout(timer);
			signal.removeEventListener("abort", abort);
		},
	};
}
