import type { Clock } from "../../lib/env/index.ts";
import type { ServiceContent, TxnError, TxnOperation, TxnOutcome } from "../state/index.ts";
import type { TxnEndpoints } from "./endpoints.ts";
import { type Leadership, requireLeads } from "./leadership.ts";
import type { LockDelays } from "./lock-delays.ts";
import type { Server } from "./server.ts";

/** Unknown verbs do not write: they fail when they are executed (recorded behaviour). */
const kvVerbsThatWrite = new Set(["set", "cas", "lock", "unlock", "delete", "delete-cas", "delete-tree"]);
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `/v1/txn` from this server's state. */
export function txnEndpoints(
	server: Server,
	parts: { readonly clock: Clock; readonly lockDelays: LockDelays; readonly leadership?: Leadership },
): TxnEndpoints {
	const { store } = server;

	async function write(
		operations: readonly TxnOperation[],
		options: { readonly datacenter: string; readonly token: string },
	): Promise<TxnOutcome> {
		const remembered = operations.some((operation) => operation.kind === "kv" && store.keepsHistory(operation.key));
		const origin = remembered ? { origin: { timeMs: parts.clock.nowMs(), author: "" } } : {};
		const { txn } = await server.apply(options, { kind: "txn", operations, ...origin });
		return txn ?? { results: [], errors: [] };
	}

	return {
		async run(given, options) {
			const operations = given.map(withDefaultId);
			const readOnly = isReadOnlyTxn(operations);
			await server.admit({ ...options, consistency: readOnly ? options.consistency : "stale" });
			if (!readOnly) requireLeads(parts.leadership);
			const errors = refusals(operations, parts.lockDelays);
			if (errors.length > 0) return { readOnly, results: [], errors, knownLeader: false, lastContactMs: 0 };
			if (!readOnly) return { readOnly, ...(await write(operations, options)), knownLeader: true, lastContactMs: 0 };
			const { value, knownLeader, lastContactMs } = await server.read({ ...options, minIndex: 0 }, () => ({
				index: 1,
				value: store.txnRead(operations),
			}));
			return { readOnly, ...value, knownLeader, lastContactMs };
		},
	};
}

/** Whether no operation can write: the transaction then obeys the consistency modes and does not go through the log. */
export function isReadOnlyTxn(operations: readonly TxnOperation[]): boolean {
	return operations.every((operation) =>
		operation.kind === "kv"
			? !kvVerbsThatWrite.has(operation.verb)
			: operation.kind !== "session" && operation.verb === "get",
	);
}

/** A service without an id has its name as one, a check likewise. */
function withDefaultId(operation: TxnOperation): TxnOperation {
	if (operation.kind === "service" && operation.service.id === "" && operation.verb !== "get")
		return { ...operation, service: { ...operation.service, id: operation.service.service } };
	if (operation.kind === "check" && operation.check.checkId === "" && operation.verb !== "get")
		return { ...operation, check: { ...operation.check, checkId: operation.check.name } };
	return operation;
}

/** What is refused before anything is executed; texts as recorded. */
function refusals(operations: readonly TxnOperation[], lockDelays: LockDelays): TxnError[] {
	return operations.flatMap((operation, position) => {
		const what = refusal(operation, lockDelays);
		return what === undefined ? [] : [{ operation: position, what }];
	});
}

function refusal(operation: TxnOperation, lockDelays: LockDelays): string | undefined {
	switch (operation.kind) {
		case "kv":
			if (operation.key === "" && operation.verb !== "delete-tree") return "Must provide key";
			return operation.verb === "lock" && lockDelays.delays(operation.key)
				? `failed to lock key ${JSON.stringify(operation.key)} due to lock delay`
				: undefined;
		case "node":
			if (operation.verb === "get") return undefined;
			if (operation.node.node === "") return "Must provide node";
			return operation.node.id === "" || uuidForm.test(operation.node.id)
				? undefined
				: "Bad node ID: uuid string is wrong length";
		case "service":
			return serviceRefusal(operation.verb, operation.service);
		case "check":
		case "session":
			return undefined;
	}
}

/** A service without a name cannot be found again; deleting what has neither id nor name is nothing to refuse. */
function serviceRefusal(verb: string, { id, service, address }: ServiceContent): string | undefined {
	if (verb === "get") return undefined;
	if (service === "" && (id !== "" || !verb.startsWith("delete"))) {
		return "Must provide service name (Service.Service) when service ID is provided";
	}
	return /^(?:0\.0\.0\.0|::|\[::\])$/.test(address) ? "Invalid service address" : undefined;
}
