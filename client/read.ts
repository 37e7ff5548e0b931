import { DiscoError } from "../lib/errors.ts";
import { statusError } from "./errors.ts";
import type { Answer, CallOptions, QueryValue, Requester } from "./request.ts";

/** What every read takes; the API's query parameters under their names. */
export interface ReadOptions extends CallOptions {
	/** Blocks until the index is greater than this one (or the wait is over). 0 and undefined do not block. */
	readonly index?: number;
	/** How long a blocking read may wait; the agent's default (5 minutes) unless given. */
	readonly waitMs?: number;
	readonly consistency?: "default" | "consistent" | "stale";
	/** Sorts by round trip from this node; `_agent` is the agent's own. */
	readonly near?: string;
	readonly nodeMeta?: Readonly<Record<string, string>>;
	/** An expression in the API's filter language. */
	readonly filter?: string;
}

/** An answer with what its headers tell. */
export interface ReadResult<T> {
	readonly value: T;
	/** For the next blocking read; 0 when the answer has none. */
	readonly index: number;
	readonly knownLeader: boolean;
	/** How long ago the answering server last heard its leader. */
	readonly lastContactMs: number;
	/** What the agent says it did with a requested filter or consistency (`default`, `stale`, ...), when it says so. */
	readonly effectiveConsistency?: string;
}

const waitMsDefault = 300_000;
/** On top of the wait and its jitter: the way there and back and a busy agent. */
const graceMs = 15_000;

/** Reads JSON. Errors: those of `Requester.call`, and `ANSWER_INVALID` when it is no JSON. */
export async function read<T>(
	requester: Requester,
	path: string,
	options: ReadOptions = {},
	query: Readonly<Record<string, QueryValue>> = {},
): Promise<ReadResult<T>> {
	const answer = await readAnswer(requester, path, options, query);
	return result(answer, parseJson<T>(answer.body.toString("utf8"), path));
}

/** As `read`, but a 404 is an answer too: undefined. */
export async function readOptional<T>(
	requester: Requester,
	path: string,
	options: ReadOptions = {},
	query: Readonly<Record<string, QueryValue>> = {},
	parse: (text: string) => T = (text) => parseJson<T>(text, path),
): Promise<ReadResult<T | undefined>> {
	const answer = await readAnswer(requester, path, options, query, 404);
	return result(answer, answer.status === 404 ? undefined : parse(answer.body.toString("utf8")));
}

/** The answer itself, when its status is 2xx or `alsoStatus`. */
export async function readAnswer(
	requester: Requester,
	path: string,
	options: ReadOptions,
	query: Readonly<Record<string, QueryValue>> = {},
	alsoStatus?: number,
): Promise<Answer> {
	const request = {
		path,
		// An index that a number cannot hold is given by the caller (events).
		query: { ...query, ...queryOf(options), ...(query["index"] === undefined ? {} : { index: query["index"] }) },
		...callOptions(options),
		...timeoutOf(options),
	};
	if (alsoStatus === undefined) return requester.call(request);
	const answer = await requester.request(request);
	if (answer.status === alsoStatus || (answer.status >= 200 && answer.status < 300)) return answer;
	throw statusError(requester.address, "GET", path, answer);
}

/** JSON of an answer. Error: `ANSWER_INVALID`. */
export function parseJson<T>(text: string, path: string): T {
	try {
		return JSON.parse(text) as T;
	} catch (error) {
		throw new DiscoError("ANSWER_INVALID", `the answer to ${path} is not JSON; is this the agent's HTTP address?`, {
			cause: error,
		});
	}
}

/** Only the fields that every call has, for calls that do not read. */
export function callOptions(options: CallOptions): CallOptions {
	return {
		...(options.token === undefined ? {} : { token: options.token }),
		...(options.datacenter === undefined ? {} : { datacenter: options.datacenter }),
		...(options.signal === undefined ? {} : { signal: options.signal }),
		...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
	};
}

/** The value with what an answer's headers say. */
export function result<T>(answer: Answer, value: T): ReadResult<T> {
	const effective = header(answer, "x-consul-effective-consistency");
	return {
		value,
		index: number(header(answer, "x-consul-index")),
		knownLeader: header(answer, "x-consul-knownleader") === "true",
		lastContactMs: number(header(answer, "x-consul-lastcontact")),
		...(effective === undefined ? {} : { effectiveConsistency: effective }),
	};
}

function header(answer: Answer, name: string): string | undefined {
	const value = answer.headers[name];
	return Array.isArray(value) ? value[0] : value;
}

function number(text: string | undefined): number {
	return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}

function queryOf(options: ReadOptions): Record<string, QueryValue> {
	const blocking = options.index !== undefined && options.index > 0;
	return {
		index: blocking ? options.index : undefined,
		wait: options.waitMs === undefined ? undefined : `${Math.round(options.waitMs)}ms`,
		consistent: options.consistency === "consistent",
		stale: options.consistency === "stale",
		near: options.near,
		"node-meta":
			options.nodeMeta === undefined
				? undefined
				: Object.entries(options.nodeMeta).map(([key, value]) => `${key}:${value}`),
		filter: options.filter,
	};
}

function timeoutOf(options: ReadOptions): { readonly timeoutMs?: number } {
	if (options.timeoutMs !== undefined) return { timeoutMs: options.timeoutMs };
	if (options.index === undefined || options.index <= 0) return {};
	const waitMs = options.waitMs ?? waitMsDefault;
	// The agent adds up to a sixteenth of the wait, so that its callers do not come back all at once.
	return { timeoutMs: waitMs + waitMs / 16 + graceMs };
}
