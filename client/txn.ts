import type { KvPair } from "../lib/api/index.ts";
import { HttpStatusError } from "./errors.ts";
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

export type TxnResult =
	| { readonly committed: true; readonly pairs: readonly KvPair[] }
	| { readonly committed: false; readonly errors: readonly { readonly OpIndex: number; readonly What: string }[] };

/** `/v1/txn`: up to 64 operations as one step. */
export interface TxnClient {
	kv(operations: readonly TxnKvOperation[], options?: CallOptions): Promise<TxnResult>;
}

export function createTxnClient(requester: Requester): TxnClient {
	return {
		async kv(operations, options = {}) {
			const path = v1("txn");
			const answer = await requester.request({
				method: "PUT",
				path,
				body: `[${operations.map(operationJson).join(",")}]`,
				headers: { "content-type": "application/json" },
				...callOptions(options),
			});
			const text = answer.body.toString("utf8");
			if (answer.status === 200) return { committed: true, pairs: resultPairs(text, path) };
			if (answer.status !== 409) {
				throw new HttpStatusError(answer.status, text, `the agent at ${requester.address} answered PUT ${path} with`);
			}
			const { Errors } = parseJson<{ readonly Errors: readonly { readonly OpIndex: number; readonly What: string }[] }>(
				text,
				path,
			);
			return { committed: false, errors: Errors };
		},
	};
}

/** Written by hand for `Flags`: `JSON.stringify` takes no bigint. */
function operationJson(operation: TxnKvOperation): string {
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

function resultPairs(text: string, path: string): readonly KvPair[] {
	const { Results } = parseWithFlags<{ readonly Results: readonly { readonly KV: KvPair }[] | null }>(text, path);
	return (Results ?? []).map(({ KV }) => KV);
}
