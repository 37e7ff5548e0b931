import type { Fragment } from "./keys.ts";

/** What `http_config`, `limits` and their neighbours say of the HTTP API. Times are in milliseconds. */
export interface HttpSettings {
	readonly responseHeaders: Readonly<Record<string, string>>;
	/** Networks (CIDR) that may write; empty: every client. */
	readonly allowWriteFrom: readonly string[];
	/** Paths that begin with one of these are refused. */
	readonly blockEndpoints: readonly string[];
	/** Request line and headers together; undefined: the server's own limit. */
	readonly headerBytesMax: number | undefined;
	/** Paths may hold unprintable characters. */
	readonly allowUnprintable: boolean;
	/** `?cached` is looked at. */
	readonly useCache: boolean;
	/** From one IP address at a time; 0: any number. */
	readonly connectionsPerClientMax: number;
	readonly handshakeTimeoutMs: number;
	readonly kvValueBytesMax: number;
	readonly txnBytesMax: number;
	/** How long a blocking query waits when it does not say, and at most. */
	readonly waitDefaultMs: number;
	readonly waitMaxMs: number;
}

/** Go adds this to `max_header_bytes`. */
const headerBytesSlop = 4096;
const handshakeTimeoutMsDefault = 5_000;
const waitDefaultMsDefault = 300_000;
const waitMaxMsDefault = 600_000;
const valueBytesMaxDefault = 512 * 1024;

/** Limits below 0 are none, as in the reference. */
export function httpSettings(given: Fragment): HttpSettings {
	const { http_config: http = {}, limits = {} } = given;
	const { max_header_bytes: headerBytes = 0 } = http;
	return {
		responseHeaders: http.response_headers ?? {},
		allowWriteFrom: http.allow_write_http_from ?? [],
		blockEndpoints: http.block_endpoints ?? [],
		headerBytesMax: headerBytes <= 0 ? undefined : headerBytes + headerBytesSlop,
		allowUnprintable: given.disable_http_unprintable_char_filter ?? false,
		useCache: http.use_cache ?? true,
		connectionsPerClientMax: Math.max(0, limits.http_max_conns_per_client ?? 0),
		handshakeTimeoutMs: limits.https_handshake_timeout ?? handshakeTimeoutMsDefault,
		kvValueBytesMax: limits.kv_max_value_size ?? valueBytesMaxDefault,
		txnBytesMax: limits.txn_max_req_len ?? valueBytesMaxDefault,
		waitDefaultMs: given.default_query_time ?? waitDefaultMsDefault,
		waitMaxMs: given.max_query_time ?? waitMaxMsDefault,
	};
}
