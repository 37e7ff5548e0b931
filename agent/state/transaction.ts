import { DiscoError } from "../../lib/errors.ts";
import { metaProblem } from "../../lib/service-meta.ts";
import { foldCase } from "./byte-order.ts";
import { deregister, ensureCheck, ensureService, register } from "./catalog-writes.ts";
import type {
	KvRecord,
	KvWrite,
	ServiceContent,
	TxnError,
	TxnOperation,
	TxnOutcome,
	TxnResult,
	WriteOrigin,
} from "./records.ts";
import type { Tables } from "./tables.ts";

type Operation<Kind extends TxnOperation["kind"]> = TxnOperation & { readonly kind: Kind };

/** Where and on whose behalf a transaction runs. */
export interface TxnRun {
	readonly tables: Tables;
	readonly index: number;
	readonly origin: WriteOrigin | undefined;
}

/**
 * Executes the operations one after the other, each seeing those before it, also behind one that failed: every error is found.
 * The caller takes everything back when there is one. Texts: test/conformance/http/scenarios/txn.json, or measured there.
 */
export function executeTxn(run: TxnRun, operations: readonly TxnOperation[]): TxnOutcome {
	const results: TxnResult[] = [];
	const errors: TxnError[] = [];
	operations.forEach((operation, position) => {
		try {
			results.push(...execute(run, operation));
		} catch (error) {
			if (!(error instanceof DiscoError)) throw error;
			errors.push({ operation: position, what: error.message });
		}
	});
	return errors.length === 0 ? { results, errors } : { results: [], errors };
}

function execute(run: TxnRun, operation: TxnOperation): readonly TxnResult[] {
	switch (operation.kind) {
		case "kv":
			return executeKv(run, operation);
		case "node":
			return executeNode(run, operation);
		case "service":
			return executeService(run, operation);
		case "check":
			return executeCheck(run, operation);
		case "session":
			return executeSession(run, operation);
	}
}

function executeKv(run: TxnRun, operation: Operation<"kv">): readonly TxnResult[] {
	const { tables } = run;
	const { verb, key } = operation;
	const record = tables.kv.get(key, undefined).value;
	switch (verb) {
		case "get":
			return [kvResult(record ?? fail(`key ${quoted(key)} doesn't exist`), true)];
		case "get-or-empty":
			return [kvResult(record ?? emptyKey(operation), true)];
		case "get-tree":
			return tables.kv.scan(key).map((each) => kvResult(each, true));
		case "check-index":
			return [kvResult(requireIndex(operation, record), false)];
		case "check-session":
			return [kvResult(requireSession(operation, record), false)];
		case "check-not-exists":
			return record === undefined ? [] : fail(`key ${quoted(key)} exists`);
		case "set":
		case "cas":
		case "lock":
		case "unlock":
		case "delete":
		case "delete-cas":
		case "delete-tree":
			return writeKv(run, operation, verb);
		default:
			return fail(`unknown KV verb ${quoted(verb)}`);
	}
}

function writeKv(
	{ tables, index, origin }: TxnRun,
	operation: Operation<"kv">,
	verb: KvWrite["operation"],
): readonly TxnResult[] {
	const { key, session } = operation;
	if ((verb === "lock" || verb === "unlock") && session === "") fail("missing session");
	if (verb === "lock" && !tables.sessions.has(session)) fail(`invalid session ${quoted(session)}`);
	if (!tables.kv.write(index, kvWrite(operation, verb), origin)) fail(kvRefusal(verb, key));
	const record = tables.kv.get(key, undefined).value;
	return record === undefined || verb.startsWith("delete") ? [] : [kvResult(record, false)];
}

function kvWrite(operation: Operation<"kv">, verb: KvWrite["operation"]): KvWrite {
	const { key, value, flags, index, session } = operation;
	switch (verb) {
		case "set":
			return { operation: verb, key, value, flags };
		case "cas":
			return { operation: verb, key, value, flags, index };
		case "lock":
		case "unlock":
			return { operation: verb, key, value, flags, session };
		case "delete":
			return { operation: verb, key };
		case "delete-cas":
			return { operation: verb, key, index };
		case "delete-tree":
			return { operation: verb, prefix: key };
	}
}

function kvRefusal(verb: KvWrite["operation"], key: string): string {
	if (verb === "lock") return `failed to lock key ${quoted(key)}, lock is already held`;
	if (verb === "unlock") return `failed to unlock key ${quoted(key)}, lock isn't held, or is held by another session`;
	return `failed to ${verb === "cas" ? "set" : "delete"} key ${quoted(key)}, index is stale`;
}

function requireIndex({ key, index }: Operation<"kv">, record: KvRecord | undefined): KvRecord {
	if (record === undefined) return fail(`failed to check index, key ${quoted(key)} doesn't exist`);
	if (record.modifyIndex === index) return record;
	return fail(`failed index check for key ${quoted(key)}, current modify index ${record.modifyIndex} != ${index}`);
}

function requireSession({ key, session }: Operation<"kv">, record: KvRecord | undefined): KvRecord {
	if (record === undefined) return fail(`failed to check session, key ${quoted(key)} doesn't exist`);
	const holder = record.session ?? "";
	if (holder === session) return record;
	return fail(`failed session check for key ${quoted(key)}, current session ${quoted(holder)} != ${quoted(session)}`);
}

function executeNode({ tables, index }: TxnRun, operation: Operation<"node">): readonly TxnResult[] {
	const { verb, node } = operation;
	const find = () => (node.id === "" ? tables.catalog.node(node.node) : tables.catalog.nodeById(node.id));
	const found = () => find() ?? fail(`node ${quoted(node.node)} doesn't exist`);
	const stale = () => (find()?.modifyIndex ?? 0) !== operation.index;
	switch (verb) {
		case "get":
			return [{ kind: "node", record: found() }];
		case "set":
		case "cas":
			if (verb === "cas" && stale()) fail(`failed to set node ${quoted(node.node)}, index is stale`);
			register(tables.catalog, index, { ...node, skipNodeUpdate: false, checks: [] });
			return [{ kind: "node", record: found() }];
		case "delete":
		case "delete-cas":
			if (verb === "delete-cas" && (find() === undefined || stale()))
				fail(`failed to delete node ${quoted(node.node)}, index is stale`);
			deregister(tables.catalog, index, { node: node.node });
			return [];
		default:
			return fail(`unknown Node verb ${quoted(verb)}`);
	}
}

function executeService({ tables, index }: TxnRun, operation: Operation<"service">): readonly TxnResult[] {
	const { verb, node, service } = operation;
	const name = `service ${quoted(service.id)} on node ${quoted(node)}`;
	const find = () => tables.catalog.service(node, service.id);
	const found = () => find() ?? fail(`${name} doesn't exist`);
	const stale = () => (find()?.modifyIndex ?? 0) !== operation.index;
	switch (verb) {
		case "get":
			return [{ kind: "service", record: found() }];
		case "set":
		case "cas":
			if (verb === "cas" && stale()) fail(`failed to set ${name}, index is stale`);
			requireMeta(node, service);
			ensureService(tables.catalog, index, requireNode(tables, node), service);
			return [{ kind: "service", record: found() }];
		case "delete":
		case "delete-cas":
			if (verb === "delete-cas" && (find() === undefined || stale())) fail(`failed to delete ${name}, index is stale`);
			deregister(tables.catalog, index, { node, serviceId: service.id });
			return [];
		default:
			return fail(`unknown Service verb ${quoted(verb)}`);
	}
}

function executeCheck({ tables, index }: TxnRun, operation: Operation<"check">): readonly TxnResult[] {
	const { verb, node, check } = operation;
	const name = `check ${quoted(check.checkId)} on node ${quoted(node)}`;
	const find = () => tables.catalog.check(node, check.checkId);
	const found = () => find() ?? fail(`${name} doesn't exist`);
	const stale = () => (find()?.modifyIndex ?? 0) !== operation.index;
	switch (verb) {
		case "get":
			return [{ kind: "check", record: found() }];
		case "set":
		case "cas": {
			if (check.checkId === "") fail(`failed health check lookup: ${missingId}`);
			if (verb === "cas" && stale()) fail(`failed to set ${name}, index is stale`);
			const spelt = requireNode(tables, node);
			if (check.serviceId !== "" && tables.catalog.service(node, check.serviceId) === undefined)
				fail("Missing service registration");
			ensureCheck(tables.catalog, index, spelt, check);
			return [{ kind: "check", record: found() }];
		}
		case "delete":
		case "delete-cas":
			if (verb === "delete-cas" && (find() === undefined || stale())) fail(`failed to delete ${name}, index is stale`);
			if (check.checkId === "") fail(`check lookup failed: ${missingId}`);
			deregister(tables.catalog, index, { node, checkId: check.checkId });
			return [];
		default:
			return fail(`unknown Check verb ${quoted(verb)}`);
	}
}

function executeSession({ tables, index }: TxnRun, { verb, id }: Operation<"session">): readonly TxnResult[] {
	if (verb !== "delete") fail(`unknown Session verb ${quoted(verb)}`);
	tables.sessions.destroy(index, id);
	return [];
}

function requireMeta(node: string, { id, meta }: ServiceContent): void {
	const problem = metaProblem(meta ?? {});
	if (problem !== undefined) fail(`Invalid Service Meta for node ${node} and serviceID ${id}: ${problem}`);
}

/** As the node's name is spelt in the catalog. */
function requireNode(tables: Tables, name: string): string {
	return tables.catalog.node(foldCase(name))?.node ?? fail("Missing node registration");
}

function kvResult(record: KvRecord, withValue: boolean): TxnResult {
	return { kind: "kv", record, withValue };
}

/** What was asked for, without a value: flags, index and session stand as the question has them (measured). */
function emptyKey({ key, flags, index, session }: Operation<"kv">): KvRecord {
	const held = session === "" ? {} : { session };
	return { key, flags, value: new Uint8Array(), lockIndex: 0, ...held, createIndex: 0, modifyIndex: index };
}

const missingId = "index error: object is missing a value for this index";

/** As Go's `%q` for nearly every name. */
function quoted(text: string): string {
	return JSON.stringify(text);
}

/** Fails the operation; the message is what the answer tells. */
function fail(what: string): never {
	throw new DiscoError("TXN_OPERATION_FAILED", what);
}
