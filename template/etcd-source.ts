import type { Client, ClientOptions, KvClient, ReadOptions, ReadResult, TxnClient } from "../client/index.ts";
import { createClient } from "../client/index.ts";
import type { KvPair } from "../lib/api/index.ts";
import { DiscoError, errorCode } from "../lib/errors.ts";

/** How long a read waits for a change unless it says (the watches of a template always do). */
const waitMsDefault = 60_000;

interface EtcdPair {
	readonly key?: string;
	readonly value?: string;
	readonly create_revision?: string;
	readonly mod_revision?: string;
	readonly lease?: string;
}

interface TxnAnswer {
	readonly header?: { readonly revision?: string };
	readonly responses?: readonly { readonly response_range?: { readonly kvs?: readonly EtcdPair[] } }[];
}

/** A line of `/v3/watch`. */
interface WatchLine {
	readonly result?: { readonly events?: readonly unknown[]; readonly canceled?: boolean };
	readonly error?: { readonly message?: string };
}

/** Keys from `key` up to `range_end`, without it; one key without `range_end`. Both base64, as etcd's JSON gateway wants bytes. */
interface Range {
	readonly key: string;
	readonly range_end?: string;
}

/**
 * etcd's v3 keys (its JSON gateway, etcd 3.4 and later) in the place of an agent: `key`, `ls`, `tree` and their kin read them, and
 * blocking reads wait on etcd's watch. Whether a key begins with a slash in etcd makes no difference; of `/a` and `a` the former
 * counts. The index of an answer is etcd's revision, read together with the keys.
 *
 * Errors of reads: those of the client, `ETCD_REFUSED`, and `SOURCE_KEYS_ONLY` for everything that is no key.
 */
export function createEtcdClient(options: ClientOptions): Client {
	const agent = createClient(options);
	const call = async (path: string, body: unknown, signal?: AbortSignal): Promise<TxnAnswer> => {
		const answer = await agent.request({
			method: "POST",
			path,
			json: body,
			...(signal === undefined ? {} : { signal }),
		});
		const text = answer.body.toString("utf8");
		if (answer.status === 200) return JSON.parse(text) as TxnAnswer;
		const retryable = answer.status >= 500;
		throw new DiscoError("ETCD_REFUSED", refusal(agent.address, answer.status, text), { retryable });
	};

	/** Resolves when something in the ranges is newer than the revision, or the time is over. */
	async function change(ranges: readonly Range[], revision: number, waitMs: number, signal?: AbortSignal) {
		const creates = ranges.map((range) => ({ create_request: { ...range, start_revision: String(revision + 1) } }));
		const answer = await agent.stream({
			method: "POST",
			path: "/v3/watch",
			body: creates.map((create) => JSON.stringify(create)).join("\n"),
			headers: { "content-type": "application/json" },
			timeoutMs: waitMs,
			...(signal === undefined ? {} : { signal }),
		});
		try {
			let text = "";
			for await (const chunk of answer.body) {
				text += chunk.toString("utf8");
				if (answer.status !== 200) continue;
				const lines = text.split("\n");
				text = lines.pop() ?? "";
				// An event says enough: what is there now is read in one piece afterwards. Canceled: the revision is compacted away.
				if (lines.some(tellsOfChange)) return;
			}
			if (answer.status !== 200) {
				throw new DiscoError("ETCD_REFUSED", refusal(agent.address, answer.status, text.slice(0, 4000)));
			}
		} catch (error) {
			if (errorCode(error) !== "REQUEST_TIMEOUT") throw error;
		} finally {
			answer.cancel();
		}
	}

	async function pairs(ranges: readonly Range[], options: ReadOptions = {}): Promise<ReadResult<readonly KvPair[]>> {
		if (options.datacenter !== undefined) throw keysOnly(`datacenter "${options.datacenter}"`);
		const { index = 0, waitMs = waitMsDefault, signal } = options;
		if (index > 0) await change(ranges, index, waitMs, signal);
		// One transaction, so that both spellings are of one moment.
		const serializable = options.consistency === "stale";
		const success = ranges.map((range) => ({ request_range: { ...range, serializable } }));
		const { header, responses = [] } = await call("/v3/kv/txn", { success }, signal);
		const found = new Map<string, KvPair>();
		for (const { response_range: range } of responses) {
			for (const pair of range?.kvs ?? []) {
				const read = kvPair(pair);
				if (!found.has(read.Key)) found.set(read.Key, read);
			}
		}
		const value = [...found.values()].sort((a, b) => (a.Key < b.Key ? -1 : 1));
		return { value, index: Number(header?.revision ?? 0), knownLeader: true, lastContactMs: 0 };
	}

	const kv: KvClient = {
		...refused<KvClient>("this use of keys"),
		async get(key, options) {
			const answer = await pairs(bothSpellings(key, false), options);
			return { ...answer, value: answer.value[0] };
		},
		list: (prefix, options) => pairs(bothSpellings(prefix, true), options),
	};
	const txn: TxnClient = {
		...refused<TxnClient>("this kind of transaction"),
		async kv(operations) {
			const { value } = await pairs(operations.flatMap(({ key }) => bothSpellings(key, false)));
			const present = new Set(value.map(({ Key }) => Key));
			const differs = operations.findIndex(({ verb, key }) => present.has(bare(key)) !== (verb === "get"));
			if (differs < 0) return { committed: true, pairs: value };
			return { committed: false, errors: [{ OpIndex: differs, What: "a key has come or gone" }] };
		},
	};
	return {
		...agent,
		acl: refused("permissions"),
		agent: refused("the agent"),
		catalog: refused("services and nodes"),
		health: refused("services"),
		coordinate: refused("coordinates"),
		event: refused("events"),
		operator: refused("servers"),
		preparedQuery: refused("prepared queries"),
		session: refused("sessions"),
		snapshot: refused("snapshots"),
		status: refused("the status"),
		kv,
		txn,
	};
}

function tellsOfChange(line: string): boolean {
	if (line.trim() === "") return false;
	const { result, error } = JSON.parse(line) as WatchLine;
	if (error !== undefined) {
		throw new DiscoError("ETCD_REFUSED", `etcd ended the watch: ${error.message ?? line}`, { retryable: true });
	}
	return result?.canceled === true || (result?.events ?? []).length > 0;
}

function refusal(address: string, status: number, text: string): string {
	if (status === 404) return `etcd at ${address} does not serve its v3 API; etcd 3.4 and later do`;
	return `etcd at ${address}: ${status} ${text.trim()}`;
}

function keysOnly(what: string): DiscoError {
	return new DiscoError("SOURCE_KEYS_ONLY", `etcd knows keys, not ${what}; use key, ls, tree and their kin`);
}

/** A family of calls each of which fails. */
function refused<Family extends object>(what: string): Family {
	return new Proxy({} as Family, { get: () => () => Promise.reject(keysOnly(what)) });
}

/** The ranges of a key, or of all keys that start so: with a leading slash first, then without. */
function bothSpellings(text: string, isPrefix: boolean): readonly Range[] {
	const key = bare(text);
	if (isPrefix && key === "") return [{ key: base64("\0"), range_end: base64("\0") }];
	return [`/${key}`, key].map((spelled) => {
		const bytes = Buffer.from(spelled);
		return { key: base64(bytes), ...(isPrefix ? { range_end: base64(following(bytes)) } : {}) };
	});
}

function bare(key: string): string {
	return key.replace(/^\//, "");
}

/** The first key after all that start with these bytes; UTF-8 has no byte 0xff, so the last one can always be raised. */
function following(prefix: Buffer): Buffer {
	const end = Buffer.from(prefix);
	const last = end.length - 1;
	end[last] = (end[last] ?? 0) + 1;
	return end;
}

function base64(content: string | Buffer): string {
	return Buffer.from(content).toString("base64");
}

function kvPair(pair: EtcdPair): KvPair {
	return {
		Key: bare(Buffer.from(pair.key ?? "", "base64").toString("utf8")),
		Value: pair.value ?? null,
		CreateIndex: Number(pair.create_revision ?? 0),
		ModifyIndex: Number(pair.mod_revision ?? 0),
		LockIndex: 0,
		Flags: 0,
	};
}
