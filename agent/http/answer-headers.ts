import type { Answer } from "../rpc/index.ts";
import type { ReadRequest } from "./read-options.ts";
import type { ApiRequest, Context } from "./route.ts";

type Headers = Readonly<Record<string, string>>;

/** Index and leader headers that every read through the servers has. */
export function indexHeaders(answer: Answer<unknown>): Headers {
	return {
		"X-Consul-Index": String(Math.max(1, answer.index)),
		"X-Consul-Knownleader": String(answer.knownLeader),
		"X-Consul-Lastcontact": String(Math.round(answer.lastContactMs)),
		"X-Consul-Query-Backend": "blocking-query",
	};
}

/**
 * The fields of a read's answer that the reference shows in a few bodies beside what was read. `Index` is always 1 there; contact
 * in nanoseconds.
 */
export function readBodyFields(
	answer: { readonly knownLeader: boolean; readonly lastContactMs: number },
	consistency: string,
) {
	return {
		Index: 1,
		LastContact: Math.round(answer.lastContactMs * 1e6),
		KnownLeader: answer.knownLeader,
		ConsistencyLevel: consistency,
		NotModified: false,
		Backend: 0,
		ResultsFilteredByACLs: false,
	} as const;
}

/** As `indexHeaders`, with the consistency that catalog and health answers name, and the cache's where it has one. */
export function catalogHeaders(
	answer: Answer<unknown>,
	read: ReadRequest,
	request: ApiRequest,
	context: Context,
	options: { readonly hasCache: boolean },
): Headers {
	return {
		...indexHeaders(answer),
		"X-Consul-Effective-Consistency": read.effective,
		...(options.hasCache && read.cached ? cacheHeaders(request, context) : {}),
	};
}

/** Whether the agent has asked the same lately, and when. */
export function cacheHeaders(request: ApiRequest, context: Context): Headers {
	const ageSeconds = context.cachedQuestions.ageSeconds(question(request.url));
	return ageSeconds === undefined ? { "X-Cache": "MISS" } : { "X-Cache": "HIT", Age: String(ageSeconds) };
}

/** The request without what only says how long to wait. */
function question(url: string): string {
	return url.replace(/(?<=[?&])(?:index|wait)=[^&]*&?/g, "");
}
