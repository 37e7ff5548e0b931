import { DiscoError } from "../../lib/errors.ts";
import { deregister, register } from "./catalog-writes.ts";
import type { MaybeLater } from "./kv-views.ts";
import type {
	AutopilotContent,
	AutopilotRecord,
	CheckRecord,
	CoordinateRecord,
	Deregistration,
	InstanceRecord,
	KvHistoryRule,
	KvRecord,
	KvRevision,
	KvWrite,
	NodeRecord,
	NodeServicesRecord,
	PreparedQueryContent,
	PreparedQueryRecord,
	QueryResult,
	Registration,
	SessionContent,
	SessionRecord,
	StringMap,
	TxnOperation,
	TxnOutcome,
	WriteOrigin,
} from "./records.ts";
import { checksOfSession } from "./session-table.ts";
import type { SnapshotRecord, StateIndexes, StateRestore, StateSnapshot } from "./state-snapshot.ts";
import { newTables, type SessionEnd, type Tables } from "./tables.ts";
import type { Tombstone } from "./tombstones.ts";
import { executeTxn } from "./transaction.ts";
import type { WatchSet } from "./watch-set.ts";
import { type SliceScheduler, Watches } from "./watches.ts";

/**
 * Everything that the servers of a datacenter agree on, in memory.
 *
 * **Reads** give `{ index, value }`. `value` is deeply frozen and the same object as before while nothing relevant changed (as
 * far as remembered results go: see `Memo`), so that what is made of it can be kept in a WeakMap. With a `WatchSet` they note
 * what the answer depends on. Index rules are those of test/conformance/http/README.md, "Indexes". Names of nodes, services and
 * checks are looked up without regard to case; order is byte order.
 *
 * **Writes** take the log index, which never goes back, and are called by `agent/fsm` only. What is already so changes nothing:
 * no index moves and nobody wakes. A write that fails has changed nothing.
 */
export class StateStore {
	readonly #watches: Watches;
	readonly #observers: StateObserver[] = [];
	/** What the write that is being made has ended so far. */
	#ended: SessionEnd[] = [];
	#tables: Tables;

	/** `wakeSlices` runs a function soon, never at once: waiters are woken in slices after the write that wakes them. */
	constructor(options: { readonly wakeSlices: SliceScheduler }) {
		this.#watches = new Watches(options.wakeSlices);
		this.#tables = this.#newTables();
	}

	/** Tells of sessions from now on, after each write that succeeded. */
	observe(observer: StateObserver): void {
		this.#observers.push(observer);
	}

	/** Ordered by name; `meta`: only nodes that have these pairs. Index of the table. */
	nodes(watchSet?: WatchSet, meta?: StringMap): QueryResult<readonly NodeRecord[]> {
		return this.#tables.reads.nodes(watchSet, meta);
	}

	node(name: string, watchSet?: WatchSet): QueryResult<NodeRecord | undefined> {
		return this.#tables.reads.node(name, watchSet);
	}

	/** By node id (UUID). Not watched. */
	nodeById(id: string): NodeRecord | undefined {
		return this.#tables.catalog.nodeById(id);
	}

	/** Service name -> union of its tags, ordered by name; `meta`: only instances on nodes with these pairs. Index of the table. */
	services(watchSet?: WatchSet, meta?: StringMap): QueryResult<ReadonlyMap<string, readonly string[]>> {
		return this.#tables.reads.services(watchSet, meta);
	}

	/** Ordered by node, then service id. Index per service; without an instance that of the last service that disappeared. */
	serviceInstances(name: string, watchSet?: WatchSet): QueryResult<readonly InstanceRecord[]> {
		return this.#tables.reads.serviceInstances(name, watchSet);
	}

	/** Checks of the instances (not of their nodes), by node, then check id. Index as `serviceInstances`. */
	serviceChecks(name: string, watchSet?: WatchSet, meta?: StringMap): QueryResult<readonly CheckRecord[]> {
		return this.#tables.reads.serviceChecks(name, watchSet, meta);
	}

	/** Undefined for an unknown node. Index: last change of the node or its services. */
	nodeServices(name: string, watchSet?: WatchSet): QueryResult<NodeServicesRecord | undefined> {
		return this.#tables.reads.nodeServices(name, watchSet);
	}

	/** Its services' checks included, by id. Index: last change of these. */
	nodeChecks(name: string, watchSet?: WatchSet): QueryResult<readonly CheckRecord[]> {
		return this.#tables.reads.nodeChecks(name, watchSet);
	}

	/** `any`, or one status; an unknown one is in no check. By node, then check id. Index of the table. */
	checksInState(status: string, watchSet?: WatchSet, meta?: StringMap): QueryResult<readonly CheckRecord[]> {
		return this.#tables.reads.checksInState(status, watchSet, meta);
	}

	/** Instances at this IP address: their own, or their node's when they have none. Index of the catalog. */
	instancesByAddress(address: string, watchSet?: WatchSet): QueryResult<readonly InstanceRecord[]> {
		return this.#tables.reads.instancesByAddress(address, watchSet);
	}

	/** Index of the record; of a missing key that of the table, though its waiters wake only when it appears. */
	kvGet(key: string, watchSet?: WatchSet): QueryResult<KvRecord | undefined> {
		return this.#tables.kv.get(key, watchSet);
	}

	/** Every key that begins with `prefix`. Index: the newest below it, deletes included; the table's when there is none. */
	kvList(prefix: string, watchSet?: WatchSet): QueryResult<readonly KvRecord[]> {
		return this.#tables.kv.list(prefix, watchSet);
	}

	/** Names only; with a separator each is cut after the first one that follows the prefix, once each. Index as `kvList`. */
	kvKeys(prefix: string, separator: string, watchSet?: WatchSet): QueryResult<readonly string[]> {
		return this.#tables.kv.keys(prefix, separator, watchSet);
	}

	/** As `kvList`; of many keys (16,384 and more) later, read in slices so that nobody is held up, as they are at the call. */
	kvListInSlices(prefix: string, watchSet?: WatchSet): MaybeLater<QueryResult<readonly KvRecord[]>> {
		return this.#tables.kv.listInSlices(prefix, watchSet);
	}

	/** As `kvKeys`, otherwise as `kvListInSlices`. */
	kvKeysInSlices(prefix: string, separator: string, watchSet?: WatchSet): MaybeLater<QueryResult<readonly string[]>> {
		return this.#tables.kv.keysInSlices(prefix, separator, watchSet);
	}

	session(id: string, watchSet?: WatchSet): QueryResult<SessionRecord | undefined> {
		return this.#tables.sessions.get(id, watchSet);
	}

	sessions(watchSet?: WatchSet): QueryResult<readonly SessionRecord[]> {
		return this.#tables.sessions.list(watchSet);
	}

	/** What is remembered of a key, oldest first; see `KvHistoryRule`. Index of the newest, else as `kvGet` of a missing key. */
	kvHistory(key: string, watchSet?: WatchSet): QueryResult<readonly KvRevision[]> {
		return this.#tables.kv.history(key, watchSet);
	}

	kvHistoryRules(): readonly KvHistoryRule[] {
		return this.#tables.history.rules();
	}

	/** Whether a write of this key is remembered. */
	keepsHistory(key: string): boolean {
		return this.#tables.history.revisionsMaxOf(key) > 0;
	}

	/** Index of the table. */
	preparedQuery(id: string, watchSet?: WatchSet): QueryResult<PreparedQueryRecord | undefined> {
		return this.#tables.queries.get(id, watchSet);
	}

	/** By id. Index of the table. */
	preparedQueries(watchSet?: WatchSet): QueryResult<readonly PreparedQueryRecord[]> {
		return this.#tables.queries.list(watchSet);
	}

	/** By id, by name, or the template whose name is the longest prefix of what is asked for (not filled in). Not watched. */
	resolveQuery(idOrName: string): PreparedQueryRecord | undefined {
		return this.#tables.queries.resolve(idOrName);
	}

	/** By node, then segment. Index of the table. */
	coordinates(watchSet?: WatchSet): QueryResult<readonly CoordinateRecord[]> {
		return this.#tables.coordinates.list(watchSet);
	}

	/** By segment. Index of the table. */
	nodeCoordinates(node: string, watchSet?: WatchSet): QueryResult<readonly CoordinateRecord[]> {
		return this.#tables.coordinates.node(node, watchSet);
	}

	autopilot(): QueryResult<AutopilotRecord | undefined> {
		return this.#tables.autopilot.get();
	}

	/** How much there is, for metrics and limits. */
	counts(): { readonly kv: number; readonly watchedTopics: number } {
		return { kv: this.#tables.kv.size, watchedTopics: this.#watches.size };
	}

	/** Write. Fails with `NODE_NAME_TAKEN`, `SERVICE_UNKNOWN` (a check of a service that the node lacks). */
	register(index: number, registration: Registration): void {
		register(this.#tables.catalog, index, registration);
		this.#tellEnded();
	}

	/** Write. A node takes its services, checks and sessions with it, a service its checks. What is not there is no error. */
	deregister(index: number, deregistration: Deregistration): void {
		deregister(this.#tables.catalog, index, deregistration);
		this.#tellEnded();
	}

	/** Write. False when a condition did not hold (cas, lock, unlock, delete-cas). Fails with `SESSION_UNKNOWN` (lock). */
	kvWrite(index: number, write: KvWrite, origin?: WriteOrigin): boolean {
		return this.#tables.kv.write(index, write, origin);
	}

	/** Write. What is beyond the rules is forgotten. */
	setKvHistoryRules(rules: readonly KvHistoryRule[]): void {
		this.#tables.history.setRules(rules);
	}

	/** Write. Fails with `NODE_UNKNOWN`, `SESSION_INVALID` (a check that is missing or critical), `SESSION_EXISTS`. */
	sessionCreate(index: number, session: SessionContent): void {
		requireLivingChecks(this.#tables, session);
		this.#tables.sessions.create(index, session);
		const created = this.#tables.sessions.get(session.id, undefined).value;
		if (created !== undefined) for (const observer of this.#observers) observer.sessionCreated?.(created);
	}

	/** Write. Frees or deletes the session's keys. Nothing happens when there is no such session. */
	sessionDestroy(index: number, id: string): void {
		this.#tables.sessions.destroy(index, id);
		this.#tellEnded();
	}

	/** Write. Fails with `QUERY_INVALID` (the name is another's), `SESSION_UNKNOWN`, `QUERY_UNKNOWN` (`existing`: it must be there). */
	querySet(index: number, query: PreparedQueryContent, existing: boolean): void {
		const { queries, sessions } = this.#tables;
		if (existing && queries.get(query.id, undefined).value === undefined) throw queryUnknown(query.id);
		if (query.session !== "" && !sessions.has(query.session))
			throw new DiscoError("SESSION_UNKNOWN", `invalid session ${JSON.stringify(query.session)}`);
		queries.set(index, query);
	}

	/** Write. Fails with `QUERY_UNKNOWN`. */
	queryDelete(index: number, id: string): void {
		if (this.#tables.queries.get(id, undefined).value === undefined) throw queryUnknown(id);
		this.#tables.queries.delete(index, id);
	}

	/** Write. Coordinates of unknown nodes are dropped. */
	coordinatesUpdate(index: number, updates: readonly CoordinateRecord[]): void {
		for (const update of updates) {
			const node = this.#tables.catalog.node(update.node)?.node;
			if (node !== undefined) this.#tables.coordinates.set(index, { ...update, node });
		}
	}

	/** Write. False when `expected` is given and not the record's modifyIndex (0: there is none). */
	autopilotSet(index: number, content: AutopilotContent, expected?: number): boolean {
		return this.#tables.autopilot.set(index, content, expected);
	}

	/** Write. All operations, or none when one fails; see `TxnOutcome`. */
	txn(index: number, operations: readonly TxnOperation[], origin?: WriteOrigin): TxnOutcome {
		const { journal } = this.#tables;
		journal.begin();
		this.#watches.hold();
		let happened = false;
		try {
			const outcome = executeTxn({ tables: this.#tables, index, origin }, operations);
			happened = outcome.errors.length === 0;
			return outcome;
		} finally {
			if (happened) journal.commit();
			else {
				journal.rollback();
				this.#ended = [];
			}
			this.#watches.release(happened);
			this.#tellEnded();
		}
	}

	/** What a transaction of reads gives. An operation that would write is a programmer's error. */
	txnRead(operations: readonly TxnOperation[]): TxnOutcome {
		return executeTxn({ tables: this.#tables, index: 0, origin: undefined }, operations);
	}

	/** The state as it is now; costs nothing, and later writes neither show in it nor wait for it. */
	snapshot(): StateSnapshot {
		return { records: snapshotRecords(this.#tables) };
	}

	/** Begins to replace everything with a snapshot's records. Until `finish` the store answers as before. */
	restore(): StateRestore {
		const tables = this.#newTables();
		const tombstones: Tombstone[] = [];
		const rules: KvHistoryRule[] = [];
		let indexes: StateIndexes | undefined;
		return {
			add: (record) => {
				if (record.kind === "indexes") indexes = record.value;
				else if (record.kind === "tombstone") tombstones.push(record.value);
				else loadRecord(tables, rules, record);
			},
			finish: () => {
				if (indexes === undefined)
					throw new DiscoError("SNAPSHOT_INVALID", "the snapshot holds no indexes: it is cut short");
				tables.catalog.loadIndexes(indexes.catalog);
				tables.kv.loadIndexes(indexes.kv, indexes.tombstoneFloor, tombstones);
				tables.sessions.loadIndex(indexes.sessions);
				tables.queries.loadIndex(indexes.queries);
				tables.coordinates.loadIndex(indexes.coordinates);
				tables.history.loadRules(rules);
				this.#tables = tables;
				this.#watches.allChanged();
				for (const observer of this.#observers) observer.restored?.();
			},
		};
	}

	#newTables(): Tables {
		return newTables(this.#watches, (end) => this.#ended.push(end));
	}

	#tellEnded(): void {
		if (this.#ended.length === 0) return;
		const ended = this.#ended;
		this.#ended = [];
		for (const end of ended) for (const observer of this.#observers) observer.sessionEnded?.(end);
	}
}

/** Who keeps something about sessions outside of the state: TTLs, lock-delays. Called within the write; must not write itself. */
export interface StateObserver {
	readonly sessionCreated?: (session: SessionRecord) => void;
	readonly sessionEnded?: (end: SessionEnd) => void;
	/** Everything is another now. */
	readonly restored?: () => void;
}

/** Texts as recorded (test/conformance/http/scenarios/session.json). */
function requireLivingChecks({ catalog }: Tables, session: SessionContent): void {
	const { node } = session;
	if (catalog.node(node) === undefined) throw new DiscoError("NODE_UNKNOWN", "Missing node registration");
	for (const checkId of checksOfSession(session)) {
		const check = catalog.check(node, checkId);
		if (check === undefined) throw new DiscoError("SESSION_INVALID", `Missing check '${checkId}' registration`);
		if (check.status === "critical") throw new DiscoError("SESSION_INVALID", `Check '${checkId}' is in critical state`);
	}
}

function queryUnknown(id: string): DiscoError {
	return new DiscoError("QUERY_UNKNOWN", `Cannot modify non-existent prepared query: '${id}'`);
}

function loadRecord(
	tables: Tables,
	rules: KvHistoryRule[],
	record: Exclude<SnapshotRecord, { kind: "indexes" | "tombstone" }>,
): void {
	switch (record.kind) {
		case "kv":
			tables.kv.load(record.value);
			break;
		case "kv-revision":
			tables.history.load(record.value);
			break;
		case "kv-history-rule":
			rules.push(record.value);
			break;
		case "session":
			tables.sessions.load(record.value);
			break;
		case "query":
			tables.queries.load(record.value);
			break;
		case "coordinate":
			tables.coordinates.load(record.value);
			break;
		case "autopilot":
			tables.autopilot.load(record.value);
			break;
		case "node":
		case "service":
		case "check":
		case "node-indexes":
		case "service-index":
			tables.catalog.load(record);
			break;
	}
}

/** The copies are taken now; the records are read as the consumer asks for them. */
function snapshotRecords(tables: Tables): Iterable<SnapshotRecord> {
	const catalog = tables.catalog.snapshot();
	const kv = tables.kv.snapshot();
	const sessions = tables.sessions.snapshot();
	const queries = tables.queries.snapshot();
	const coordinates = tables.coordinates.snapshot();
	const history = tables.history.snapshot();
	const autopilot = tables.autopilot.get().value;
	const indexes = {
		catalog: catalog.indexes,
		kv: kv.index,
		sessions: sessions.index,
		tombstoneFloor: kv.floor,
		queries: queries.index,
		coordinates: coordinates.index,
	};
	return (function* records(): Generator<SnapshotRecord> {
		yield { kind: "indexes", value: indexes };
		for (const value of catalog.nodes) yield { kind: "node", value };
		for (const value of catalog.services) yield { kind: "service", value };
		for (const value of catalog.checks) yield { kind: "check", value };
		for (const value of catalog.nodeIndexes) yield { kind: "node-indexes", value };
		for (const value of catalog.serviceIndexes) yield { kind: "service-index", value };
		for (const value of sessions.records) yield { kind: "session", value };
		for (const value of kv.records) yield { kind: "kv", value };
		for (const value of kv.tombstones) yield { kind: "tombstone", value };
		for (const value of queries.records) yield { kind: "query", value };
		for (const value of coordinates.records) yield { kind: "coordinate", value };
		for (const value of history.rules) yield { kind: "kv-history-rule", value };
		for (const value of history.revisions) yield { kind: "kv-revision", value };
		if (autopilot !== undefined) yield { kind: "autopilot", value: autopilot };
	})();
}
