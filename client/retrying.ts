import { type HttpStatusError, statusError } from "./errors.ts";
import type { ReadRetries } from "./options.ts";
import type { Answer, Requester, RequestOptions } from "./request.ts";
import { retry } from "./retry.ts";

/**
 * The requester with reads that are repeated while they fail with what may pass by itself: no connection, a time-out, and the answers
 * 429 and 5xx. Writes are not: nobody knows whether the first one was done. Neither are streams.
 */
export function withRetries(requester: Requester, retries: ReadRetries): Requester {
	const repeat = (options: RequestOptions, once: () => Promise<Answer>) =>
		(options.method ?? "GET") === "GET"
			? retry(once, { ...retries, ...(options.signal && { signal: options.signal }) })
			: once();
	return {
		...requester,
		call: (options) => repeat(options, () => requester.call(options)),
		/** The last answer when none was better. */
		async request(options) {
			let last: { readonly answer: Answer; readonly error: HttpStatusError } | undefined;
			try {
				return await repeat(options, async () => {
					const answer = await requester.request(options);
					const error = statusError(requester.address, options.method ?? "GET", options.path, answer);
					if (!error.retryable) return answer;
					last = { answer, error };
					throw error;
				});
			} catch (thrown) {
				if (last !== undefined && thrown === last.error) return last.answer;
				throw thrown;
			}
		},
	};
}
