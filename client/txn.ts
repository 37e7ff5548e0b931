import type { CheckDefinition, CheckStatus, HealthCheck, KvPair, NodeRecord, ServiceRecord } from "../lib/api/index.ts";
import { statusError } from "./errors.ts";
import { parseWithFlags } from "./flags-json.ts";
import { callOptions, parseJson } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";

/** One operation on a key. `value` is given as it is (not base64). */
export interface TxnKvOperation {
	readonly verb:
		| "set"
		| "cas"
		| "lock"
		| "unlock"
		| "get"
		| "get-tree"
		| "check-index"
		| "check-session"
		| "check-not-exists"
		| "delete"
		| "delete-tree"
		| "delete-cas";
	readonly key: string;
	readonly value?: string | Uint8Array;
	readonly flags?: number | bigint;
	readonly index?: number;
	readonly session?: string;
}

/** `cas` and `delete-cas` hold when the record's `ModifyIndex` is the one given with it. */
export type TxnCatalogVerb = "set" | "cas" | "get" | "delete" | "delete-cas";

export interface TxnNodeOperation {
	readonly verb: TxnCatalogVerb;
	readonly node: Partial<NodeRecord> & { readonly Node: string };
}

export interface TxnServiceOperation {
	readonly verb: TxnCatalogVerb;
	/** Name of its node. */
	readonly node: string;
	readonly service: Partial<ServiceRecord>;
}

export interface TxnCheckOperation {
	readonly verb: TxnCatalogVerb;
	readonly check: Partial<Omit<HealthCheck, "Definition" | "Status">> & {
		readonly Node: string;
		readonly Status?: CheckStatus;
		readonly Definition?: CheckDefinition;
	};
}

/** One step of a transaction: on a key, or on a record of the catalog. */
export type TxnOperation =
	| { readonly kv: TxnKvOperation }
	| { readonly node: TxnNodeOperation }
	| { readonly service: TxnServiceOperation }
	| { readonly check: TxnCheckOperation };

/** What an operation leaves; exactly one field. Deletes and checks that hold leave nothing. */
export interface TxnRecord {
	readonly KV?: KvPair;
	readonly Node?: NodeRecord;
	readonly Service?: ServiceRecord;
	readonly Check?: HealthCheck;
}

/** Nothing was done, because of these. */
export interface TxnRefusal {
	readonly committed: false;
	/** `OpIndex` counts operations from 0. */
	readonly errors: readonly { readonly OpIndex: number; readonly What: string }[];
}

export type TxnResult = { readonly committed: true; readonly pairs: readonly KvPair[] } | TxnRefusal;
export type TxnMixedResult = { readonly committed: true; readonly records: readonly TxnRecord[] } | TxnRefusal;

/** `/v1/txn`: up to 64 operations as one step. */
export interface TxnClient {
	/** Keys only. */
	kv(operations: readonly TxnKvOperation[], options?: CallOptions): Promise<TxnResult>;
	/** Keys, nodes, services and checks. */
	apply(operations: readonly TxnOperation[], options?: CallOptions): Promise<TxnMixedResult>;
}

export function createTxnClient(requester: Requester): TxnClient {
	const path = v1("txn");
	async function apply(operations: readonly TxnOperation[], options: CallOptions = {}): Promise<TxnMixedResult> {
		const answer = await requester.request({
			method: "PUT",
			path,
			body: `[${operations.map(operationJson).join(",")}]`,
			headers: { "content-type": "application/json" },
			...callOptions(options),
		});
		if (answer.status !== 200 && answer.status !== 409) throw statusError(requester.address, "PUT", path, answer);
		const text = answer.body.toString("utf8");
		if (answer.status === 409) {
			return { committed: false, errors: parseJson<{ readonly Errors: TxnRefusal["errors"] }>(text, path).Errors };
		}
		const { Results } = parseWithFlags<{ readonly Results: readonly TxnRecord[] | null }>(text, path);
		return { committed: true, records: Results ?? [] };
	}
	return {
		apply,
		async kv(operations, options) {
			const result = await apply(
				operations.map((kv) => ({ kv })),
				options,
			);
			return result.committed ? { committed: true, pairs: result.records.flatMap(({ KV }) => KV ?? []) } : result;
		},
	};
}

function operationJson(operation: TxnOperation): string {
	if ("kv" in operation) return kvJson(operation.kv);
	if ("node" in operation) return JSON.stringify({ Node: { Verb: operation.node.verb, Node: operation.node.node } });
	if ("check" in operation) {
		return JSON.stringify({ Check: { Verb: operation.check.verb, Check: operation.check.check } });
	}
	const { verb, node, service } = operation.service;
	return JSON.stringify({ Service: { Verb: verb, Node: node, Service: service } });
}

/** Written by hand for `Flags`: `JSON.stringify` takes no bigint. */
function kvJson(operation: TxnKvOperation): string {
	const fields = {
		Verb: operation.verb,
		Key: operation.key,
		Value: operation.value === undefined ? undefined : Buffer.from(operation.value).toString("base64"),
		Index: operation.index,
		Session: operation.session,
	};
	const json = JSON.stringify(fields);
	const flags = operation.flags === undefined ? "" : `,"Flags":${operation.flags}`;
	return `{"KV":${json.slice(0, -1)}${flags}}}`;
}
