/**
 * A signal that is aborted with `signal`, or after `timeoutMs`. Call `end` when the attempt is over.
 *
 * Not `AbortSignal.any([signal, AbortSignal.timeout(...)])`: Node 20 collects such signals as garbage while somebody listens to
 * them, and the time-out never comes (seen with a thousand checks that hang: after some minutes no probe ended any more).
 */
export function createLimit(signal: AbortSignal, timeoutMs: number): { readonly signal: AbortSignal; end(): void } {
	const controller = new AbortController();
	const abort = () => controller.abort(new Error("aborted"));
	const timer = setTimeout(abort, timeoutMs);
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
