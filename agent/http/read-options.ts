import { tryParseDurationMs } from "../../lib/duration.ts";
import type { ReadOptions, WriteOptions } from "../rpc/index.ts";
import { badRequest } from "./failures.ts";
import type { HttpConfig } from "./options.ts";
import type { ApiRequest, ReadLimits } from "./route.ts";

/** How long a blocking query waits when the client does not say, and at most. */
const waitDefaultMs = 300_000;
const waitMaxMs = 600_000;

/** As configured, else the reference's. */
export function readLimitsOf(config: HttpConfig): ReadLimits {
	return {
		waitDefaultMs: config.waitDefaultMs ?? waitDefaultMs,
		waitMaxMs: config.waitMaxMs ?? waitMaxMs,
		useCache: config.useCache ?? true,
	};
}

/** A read's options with what the answer's headers need to know of them. */
export interface ReadRequest extends ReadOptions {
	/** `X-Consul-Effective-Consistency`. */
	readonly effective: "leader" | "consistent" | "stale";
	readonly cached: boolean;
}

/**
 * `dc`, `index`, `wait`, `stale`, `consistent`, `leader`, `max_stale`, `cached` and `Cache-Control`. Fails with 400 for bad
 * values and for modes that exclude each other.
 */
export function readOptions(request: ApiRequest): ReadRequest {
	const { query } = request;
	const cacheControl = request.headers["cache-control"];
	if (query.isEmpty && cacheControl === undefined && request.token === "") return plainRead;
	const minIndex = parseIndex(query.first("index"));
	const maxWaitMs = parseWait(query.first("wait"), request.readLimits);
	return {
		...writeOptions(request),
		...consistencyOf(request),
		minIndex,
		maxWaitMs,
		...(minIndex > 0 ? { signal: request.signal() } : {}),
	};
}

/** The part of `readOptions` that says how fresh the answer has to be. Fails as that does. */
export function consistencyOf(
	request: ApiRequest,
): Pick<ReadRequest, "consistency" | "effective" | "maxStaleMs" | "cached"> {
	const { query } = request;
	checkCacheControl(request.headers["cache-control"]);
	const maxStaleMs = parseMaxStale(query.first("max_stale"));
	const stale = query.has("stale") || maxStaleMs !== undefined;
	const consistent = query.has("consistent");
	const cached = request.readLimits.useCache && query.has("cached");
	if (stale && consistent) throw badRequest("Cannot specify ?stale with ?consistent, conflicting semantics.");
	if (cached && consistent) throw badRequest("Cannot specify ?cached with ?consistent, conflicting semantics.");
	return {
		consistency: stale ? "stale" : consistent ? "consistent" : "default",
		effective: stale ? "stale" : consistent ? "consistent" : "leader",
		...(maxStaleMs === undefined ? {} : { maxStaleMs }),
		cached,
	};
}

/** Of a request that says nothing: most of them. */
const plainRead: ReadRequest = Object.freeze({
	datacenter: "",
	token: "",
	consistency: "default",
	effective: "leader",
	minIndex: 0,
	maxWaitMs: waitDefaultMs,
	cached: false,
});

/** `dc` and the token. */
export function writeOptions(request: ApiRequest): WriteOptions {
	return { datacenter: request.query.first("dc") ?? "", token: request.token };
}

function parseIndex(text: string | undefined): number {
	if (text === undefined || text === "") return 0;
	if (!/^\d{1,20}$/.test(text) || BigInt(text) > 0xffff_ffff_ffff_ffffn) throw badRequest("Invalid index");
	return Number(text);
}

function parseWait(text: string | undefined, limits: ReadLimits): number {
	const waitMs = text === undefined || text === "" ? 0 : tryParseDurationMs(text);
	if (waitMs === undefined) throw badRequest("Invalid wait time");
	return Math.min(waitMs <= 0 ? limits.waitDefaultMs : waitMs, limits.waitMaxMs);
}

function parseMaxStale(text: string | undefined): number | undefined {
	if (text === undefined || text === "") return undefined;
	const maxStaleMs = tryParseDurationMs(text);
	if (maxStaleMs === undefined) throw badRequest(`Invalid max_stale value ${JSON.stringify(text)}`);
	return maxStaleMs;
}

/** Only with `?cached` does the header mean anything, but a bad number is refused always. */
function checkCacheControl(header: string | undefined): void {
	for (const part of (header ?? "").split(",")) {
		const [, seconds] = /^(?:max-age|stale-if-error)=(.*)$/.exec(part.trim().toLowerCase()) ?? [];
		if (seconds !== undefined && !/^\d+$/.test(seconds)) throw badRequest("Invalid Cache-Control header.");
	}
}
