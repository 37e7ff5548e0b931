import type { Clock, Random } from "../../../lib/env/index.ts";
import { DiscoError, errorCode } from "../../../lib/errors.ts";
import type { EndSignal } from "../endpoints.ts";

/** A pause lasts at most this part of the whole time (the reference's jitter). */
const pauseParts = 16;

/** Nothing was sent: the call was not executed. */
const unsent: ReadonlySet<string> = new Set(["CONNECTION_REFUSED", "CONNECT_TIMEOUT"]);
/** It was refused before anything was done, by a server that does not lead (any more). */
const refused: ReadonlySet<string> = new Set(["NO_LEADER", "LEADERSHIP_TRANSFERRING"]);
const lost: ReadonlySet<string> = new Set(["CONNECTION_LOST", "STREAM_ENDED"]);

/** Whether the same call may be made again without doing anything twice. */
export function mayTryAgain(error: unknown, isRead: boolean): boolean {
	const code = errorCode(error) ?? "";
	return refused.has(code) || unsent.has(code) || (isRead && lost.has(code));
}

/** Whether the server was not there to answer. */
export function isUnreachable(error: unknown): boolean {
	const code = errorCode(error) ?? "";
	return unsent.has(code) || lost.has(code) || code === "CALL_TIMEOUT";
}

export interface Hold {
	/**
	 * Makes the attempt, and makes it again after pauses while that is safe and the time (`holdTimeoutMs` and `waitMs`) is not
	 * over. Fails with what the last attempt failed with, or with `WAIT_ABORTED`.
	 */
	run<Value>(
		attempt: () => Promise<Value>,
		kind: { readonly isRead: boolean; readonly waitMs: number; readonly signal?: EndSignal | undefined },
	): Promise<Value>;
}

export function createHold(parts: {
	readonly clock: Clock;
	readonly random: Random;
	readonly holdTimeoutMs: number;
}): Hold {
	const { clock, random, holdTimeoutMs } = parts;

	/** Resolves after a random part of a sixteenth of the hold time, or at once when whoever asked has gone. */
	function pause(signal: EndSignal | undefined): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				timer.cancel();
				signal?.removeEventListener("abort", done);
				resolve();
			};
			const timer = clock.after((random.next() * holdTimeoutMs) / pauseParts, done);
			signal?.addEventListener("abort", done, { once: true });
		});
	}

	return {
		async run(attempt, { isRead, waitMs, signal }) {
			const untilMs = clock.monotonicMs() + holdTimeoutMs + waitMs;
			for (;;) {
				try {
					return await attempt();
				} catch (error) {
					if (!mayTryAgain(error, isRead) || clock.monotonicMs() >= untilMs) throw error;
				}
				await pause(signal);
				if (signal?.aborted === true) throw new DiscoError("WAIT_ABORTED", "the wait was ended", { retryable: true });
			}
		},
	};
}
