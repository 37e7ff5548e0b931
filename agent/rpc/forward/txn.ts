import { DiscoError } from "../../../lib/errors.ts";
import type { TxnOperation, TxnOutcome, TxnResult } from "../../state/index.ts";
import type { Endpoints, TxnAnswer, TxnEndpoints } from "../endpoints.ts";
import { isReadOnlyTxn } from "../txn.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import {
	directoryEntry,
	session as sessionStruct,
	type WireDirectoryEntry,
	type WireTxnOperation,
	type WireTxnResult,
} from "../wire/structs.ts";
import { askRaw, type Caller, command, metaOf, readOptionsOf, writeOptionsOf } from "./caller.ts";
import {
	checkContent,
	checkRecord,
	nodeRecord,
	serviceContent,
	serviceRecord,
	wireCheck,
	wireCheckRecord,
	wireNode,
	wireService,
} from "./convert.ts";
import { kvRecord, wireEntry } from "./kv.ts";

const nanosecondsPerMs = 1e6;
const noBytes = new Uint8Array();

export function txnClient(caller: Caller): TxnEndpoints {
	return {
		async run(operations, options): Promise<TxnAnswer> {
			const Ops = operations.map(wireOperation);
			if (!isReadOnlyTxn(operations)) {
				const reply = await command(caller, methods.txnApply, { Ops }, options);
				return { readOnly: false, ...outcomeOf(reply), knownLeader: true, lastContactMs: 0 };
			}
			const reply = await askRaw(caller, methods.txnRead, { Ops }, { ...options, minIndex: 0 });
			return {
				readOnly: true,
				...outcomeOf(reply),
				knownLeader: reply.KnownLeader,
				lastContactMs: reply.LastContact / nanosecondsPerMs,
			};
		},
	};
}

export function txnServed({ txn }: Endpoints): ServedMethod[] {
	if (txn === undefined) return [];
	return [
		served(methods.txnApply, async (argument) => {
			const options = { ...writeOptionsOf(argument), consistency: "default", minIndex: 0, maxWaitMs: 0 } as const;
			return wireOutcome(await txn.run((argument.Ops ?? []).map(operationOf), options));
		}),
		served(methods.txnRead, async (argument, call) => {
			const operations = (argument.Ops ?? []).map(operationOf);
			if (!isReadOnlyTxn(operations))
				throw new DiscoError("TXN_INVALID", "Txn.Read takes only operations that read; use Txn.Apply");
			const answer = await txn.run(operations, { ...readOptionsOf(argument, call), minIndex: 0 });
			return { ...metaOf({ ...answer, index: 1 }), ...wireOutcome(answer) };
		}),
	];
}

const noOperation: WireTxnOperation = {
	KV: null,
	Intention: null,
	Node: null,
	Service: null,
	Check: null,
	Session: null,
};

function wireOperation(operation: TxnOperation): WireTxnOperation {
	const { verb: Verb } = operation;
	switch (operation.kind) {
		case "kv": {
			const { key, value, flags, index, session } = operation;
			const DirEnt: WireDirectoryEntry = {
				...directoryEntry.zero,
				Key: key,
				Value: value.length === 0 ? null : value,
				Flags: flags,
				ModifyIndex: index,
				Session: session,
			};
			return { ...noOperation, KV: { Verb, DirEnt } };
		}
		case "node":
			return { ...noOperation, Node: { Verb, Node: wireNode({ ...operation.node, modifyIndex: operation.index }) } };
		case "service": {
			const Service = wireService({ ...operation.service, modifyIndex: operation.index });
			return { ...noOperation, Service: { Verb, Node: operation.node, Service } };
		}
		case "check": {
			const Check = wireCheck({ ...operation.check, modifyIndex: operation.index }, operation.node);
			return { ...noOperation, Check: { Verb, Check } };
		}
		case "session":
			return { ...noOperation, Session: { Verb, Session: { ...sessionStruct.zero, ID: operation.id } } };
	}
}

function operationOf(operation: WireTxnOperation): TxnOperation {
	const { KV, Node, Service, Check, Session } = operation;
	if (KV !== null) {
		const { Key: key, Value, Flags: flags, ModifyIndex: index, Session: session } = KV.DirEnt;
		// What is kept must not be a view into the connection's buffer.
		return { kind: "kv", verb: KV.Verb, key, value: (Value ?? noBytes).slice(), flags, index, session };
	}
	if (Node !== null)
		return { kind: "node", verb: Node.Verb, node: nodeContentOf(Node.Node), index: Node.Node.ModifyIndex };
	if (Service !== null) {
		const { Verb: verb, Node: node } = Service;
		return {
			kind: "service",
			verb,
			node,
			service: serviceContent(Service.Service),
			index: Service.Service.ModifyIndex,
		};
	}
	if (Check !== null) {
		const { Verb: verb, Check: check } = Check;
		return { kind: "check", verb, node: check.Node, check: checkContent(check), index: check.ModifyIndex };
	}
	if (Session !== null) return { kind: "session", verb: Session.Verb, id: Session.Session.ID };
	throw new DiscoError("TXN_INVALID", "unknown operation type: it is KV, Node, Service, Check or Session");
}

function nodeContentOf(node: Parameters<typeof nodeRecord>[0]) {
	const { createIndex: _, modifyIndex: __, ...content } = nodeRecord(node);
	return content;
}

type WireOutcome = {
	readonly Results: readonly WireTxnResult[] | null;
	readonly Errors: readonly { readonly OpIndex: number; readonly What: string }[] | null;
};

function wireOutcome({ results, errors }: TxnOutcome): WireOutcome {
	return {
		Results: errors.length > 0 ? null : results.map(wireResult),
		Errors: errors.length === 0 ? null : errors.map(({ operation, what }) => ({ OpIndex: operation, What: what })),
	};
}

function outcomeOf({ Results, Errors }: WireOutcome): TxnOutcome {
	return {
		results: (Results ?? []).flatMap(resultOf),
		errors: (Errors ?? []).map(({ OpIndex, What }) => ({ operation: OpIndex, what: What })),
	};
}

const noResult: WireTxnResult = { KV: null, Node: null, Service: null, Check: null };

/** Operations other than reads answer without the value: nil, where a read's empty one is not. */
function wireResult(result: TxnResult): WireTxnResult {
	switch (result.kind) {
		case "kv": {
			const entry = wireEntry(result.record);
			return { ...noResult, KV: result.withValue ? entry : { ...entry, Value: null } };
		}
		case "node":
			return { ...noResult, Node: wireNode(result.record) };
		case "service":
			return { ...noResult, Service: wireService(result.record) };
		case "check":
			return { ...noResult, Check: wireCheckRecord(result.record) };
	}
}

/** A service comes without its node's name, which the API does not show. */
function resultOf({ KV, Node, Service, Check }: WireTxnResult): TxnResult[] {
	if (KV !== null) return [{ kind: "kv", record: kvRecord(KV), withValue: KV.Value !== null }];
	if (Node !== null) return [{ kind: "node", record: nodeRecord(Node) }];
	if (Service !== null) return [{ kind: "service", record: serviceRecord(Service, "") }];
	if (Check !== null) return [{ kind: "check", record: checkRecord(Check) }];
	return [];
}
