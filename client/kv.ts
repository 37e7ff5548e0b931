import type { KvPair } from "../lib/api/index.ts";
import { DiscoError } from "../lib/errors.ts";
import { parseWithFlags } from "./flags-json.ts";
import { callOptions, type ReadOptions, type ReadResult, readAnswer, readOptional, result } from "./read.ts";
import type { CallOptions, QueryValue, Requester } from "./request.ts";

export interface KvPutOptions extends CallOptions {
	/** Unsigned 64 bit. */
	readonly flags?: number | bigint;
	/** Write only if the key's ModifyIndex is this; 0: only if there is no such key. */
	readonly cas?: number;
	/** Take the lock for this session. */
	readonly acquire?: string;
	/** Give the lock of this session back. */
	readonly release?: string;
}

export interface KvDeleteOptions extends CallOptions {
	/** The key is a prefix: everything below it goes. */
	readonly recurse?: boolean;
	readonly cas?: number;
}

/** What a key was at some time. */
export interface KvRevision {
	readonly Key: string;
	/** Where in the log it became so. */
	readonly Index: number;
	readonly Deleted: boolean;
	readonly Flags: number | bigint;
	/** Base64, null when empty or deleted. */
	readonly Value: string | null;
	/** RFC 3339. */
	readonly Time: string;
	/** Description of the token that wrote it; empty when that is not known. */
	readonly Author: string;
}

/** `/v1/kv`. Keys are given as they are (not encoded); one leading slash is dropped, as the reference's tools do. */
export interface KvClient {
	/** One entry; undefined when there is none. */
	get(key: string, options?: ReadOptions): Promise<ReadResult<KvPair | undefined>>;
	/** One value's bytes, without base64 on the way; undefined when there is no such key. */
	raw(key: string, options?: ReadOptions): Promise<ReadResult<Buffer | undefined>>;
	/** Every entry whose key starts with `prefix`, in the order of the keys' bytes; empty when there is none. */
	list(prefix: string, options?: ReadOptions): Promise<ReadResult<readonly KvPair[]>>;
	/** Names only; with a separator, up to the first one after the prefix. */
	keys(prefix: string, options?: ReadOptions & { readonly separator?: string }): Promise<ReadResult<readonly string[]>>;
	/** disco only: what the key was before, oldest first; empty unless its history is kept. Error: `HTTP_STATUS` 404 from Consul. */
	history(key: string, options?: ReadOptions): Promise<ReadResult<readonly KvRevision[]>>;
	/** Whether it was written (false: `cas`, `acquire` or `release` did not hold). Error: `KV_KEY_EMPTY`. */
	put(key: string, value: string | Uint8Array, options?: KvPutOptions): Promise<boolean>;
	/** Whether it was deleted (true also when there was nothing). */
	delete(key: string, options?: KvDeleteOptions): Promise<boolean>;
}

export function createKvClient(requester: Requester): KvClient {
	const pairs = (prefix: string, query: Readonly<Record<string, QueryValue>>, options?: ReadOptions) =>
		readOptional<readonly KvPair[]>(requester, kvPath(prefix), options, query, (text) =>
			parseWithFlags<readonly KvPair[]>(text, kvPath(prefix)),
		);
	return {
		async get(key, options) {
			const answer = await pairs(required(key), {}, options);
			return { ...answer, value: answer.value?.[0] };
		},
		async raw(key, options = {}) {
			const answer = await readAnswer(requester, kvPath(required(key)), options, { raw: true }, 404);
			return result(answer, answer.status === 404 ? undefined : answer.body);
		},
		async list(prefix, options) {
			const answer = await pairs(prefix, { recurse: true }, options);
			return { ...answer, value: answer.value ?? [] };
		},
		async keys(prefix, options = {}) {
			const answer = await readOptional<readonly string[] | null>(requester, kvPath(prefix), options, {
				keys: true,
				separator: options.separator,
			});
			return { ...answer, value: answer.value ?? [] };
		},
		async history(key, options = {}) {
			const path = kvPath(required(key), "kv-history");
			const answer = await readAnswer(requester, path, options);
			return result(answer, parseWithFlags<readonly KvRevision[]>(answer.body.toString("utf8"), path));
		},
		put: async (key, value, options = {}) =>
			change(requester, "PUT", required(key), options, {
				body: value,
				query: { flags: options.flags, cas: options.cas, acquire: options.acquire, release: options.release },
			}),
		delete: async (key, options = {}) =>
			change(requester, "DELETE", options.recurse === true ? key : required(key), options, {
				query: { recurse: options.recurse, cas: options.cas },
			}),
	};
}

/** An entry's value as bytes (`Value` is base64, null when empty). */
export function kvBytes(pair: KvPair): Buffer {
	return Buffer.from(pair.Value ?? "", "base64");
}

/** An entry's value as UTF-8 text. */
export function kvText(pair: KvPair): string {
	return kvBytes(pair).toString("utf8");
}

async function change(
	requester: Requester,
	method: "PUT" | "DELETE",
	key: string,
	options: CallOptions,
	request: { readonly body?: string | Uint8Array; readonly query: Readonly<Record<string, QueryValue>> },
): Promise<boolean> {
	const answer = await requester.call({ method, path: kvPath(key), ...callOptions(options), ...request });
	return answer.body.toString("utf8").trim() === "true";
}

function kvPath(key: string, family = "kv"): string {
	return `/v1/${family}/${key.replace(/^\//, "").split("/").map(encodeURIComponent).join("/")}`;
}

function required(key: string): string {
	if (key === "" || key === "/")
		throw new DiscoError("KV_KEY_EMPTY", "KV key is empty; give a path such as service/api/prod");
	return key;
}
