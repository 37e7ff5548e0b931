import type { Encodable } from "../../lib/json/index.ts";
import {
	isReadOnlyTxn,
	type ReadOptions,
	type TxnAnswer,
	type TxnError,
	type TxnOperation,
	type TxnResult,
} from "../rpc/index.ts";
import { readBodyFields } from "./answer-headers.ts";
import { family } from "./families.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { json, plainText, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Route } from "./route.ts";
import { bareCheckJson, bareServiceJson, kvJson, nodeJson } from "./shapes.ts";
import { operationList, parseTxn } from "./txn-operations.ts";
import { deniedOperations, mayReadResult } from "./txn-permissions.ts";

/** Most operations of one transaction (64 before 1.13). */
const operationsMax = 128;

/** `/v1/txn`; the body may be as large as a value. */
export function txnRoutes(bodyBytesMax: number): readonly Route[] {
	return [
		{ path: "/v1/txn", bodyBytesMax, methods: { PUT: { permission: "filtered", handle: run, body: operationList } } },
	];
}

async function run(request: ApiRequest, context: Context): Promise<Reply> {
	const operations = parseTxn(bodyText(request), context.config.datacenter);
	if (operations.length > operationsMax) {
		return plainText(
			413,
			`Transaction contains too many operations (${operations.length} > ${operationsMax}); make several of it`,
		);
	}
	const denied = deniedOperations(request, operations);
	if (denied.length > 0) return json(refusal(denied), {}, 409);
	const outcome = await family(context.endpoints, "txn").run(operations, optionsOf(request, operations));
	const headers = outcome.readOnly ? readHeaders(outcome) : {};
	const meta = outcome.readOnly ? readBodyFields(outcome, "") : {};
	// What was refused before anything was read has no index.
	const index = outcome.readOnly && !outcome.knownLeader ? { Index: 0 } : {};
	if (outcome.errors.length > 0) return json({ ...refusal(outcome.errors), ...meta, ...index }, headers, 409);
	const shown = outcome.results.filter(mayReadResult(request));
	return json({ Results: shown.map(resultJson), Errors: null, ...meta }, headers);
}

function refusal(errors: readonly TxnError[]): { readonly [field: string]: Encodable } {
	return { Results: null, Errors: errors.map(({ operation, what }) => ({ OpIndex: operation, What: what })) };
}

/** Without an index: a transaction has no one thing that could be waited for. */
function readHeaders({ knownLeader, lastContactMs }: TxnAnswer): Readonly<Record<string, string>> {
	return {
		"X-Consul-Knownleader": String(knownLeader),
		"X-Consul-Lastcontact": String(Math.round(lastContactMs)),
	};
}

function resultJson(result: TxnResult): Encodable {
	switch (result.kind) {
		case "kv":
			return { KV: { ...kvJson(result.record), ...(result.withValue ? {} : { Value: null }) } };
		case "node":
			return { Node: nodeJson(result.record) };
		case "service":
			return { Service: bareServiceJson(result.record) };
		case "check":
			return { Check: bareCheckJson(result.record) };
	}
}

/** Consistency and its parameters are looked at only when nothing is written. */
function optionsOf(request: ApiRequest, operations: readonly TxnOperation[]): ReadOptions {
	return isReadOnlyTxn(operations) ? readOptions(request) : { ...unlimitedRead, ...writeOptions(request) };
}

const unlimitedRead = { consistency: "default", minIndex: 0, maxWaitMs: 0 } as const;
