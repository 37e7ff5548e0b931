import { DiscoError } from "../../lib/errors.ts";
import { CatalogReads } from "./catalog-reads.ts";
import { CatalogTables } from "./catalog-tables.ts";
import { deregister, register } from "./catalog-writes.ts";
import { KvTable } from "./kv-table.ts";
import type {
	CheckRecord,
	Deregistration,
	InstanceRecord,
	KvRecord,
	KvWrite,
	NodeRecord,
	NodeServicesRecord,
	QueryResult,
	Registration,
	SessionContent,
	SessionRecord,
	StringMap,
} from "./records.ts";
import { SessionTable } from "./session-table.ts";
import type { SnapshotRecord, StateIndexes, StateRestore, StateSnapshot } from "./state-snapshot.ts";
import type { Tombstone } from "./tombstones.ts";
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
	#tables: Tables;

	/** `wakeSlices` runs a function soon, never at once: waiters are woken in slices after the write that wakes them. */
	constructor(options: { readonly wakeSlices: SliceScheduler }) {
		this.#watches = new Watches(options.wakeSlices);
		this.#tables = newTables(this.#watches);
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

	session(id: string, watchSet?: WatchSet): QueryResult<SessionRecord | undefined> {
		return this.#tables.sessions.get(id, watchSet);
	}

	sessions(watchSet?: WatchSet): QueryResult<readonly SessionRecord[]> {
		return this.#tables.sessions.list(watchSet);
	}

	/** How much there is, for metrics and limits. */
	counts(): { readonly kv: number; readonly watchedTopics: number } {
		return { kv: this.#tables.kv.size, watchedTopics: this.#watches.size };
	}

	/** Write. Fails with `NODE_NAME_TAKEN`, `SERVICE_UNKNOWN` (a check of a service that the node lacks). */
	register(index: number, registration: Registration): void {
		const { renamedFrom } = register(this.#tables.catalog, index, registration);
		if (renamedFrom !== undefined) this.#tables.sessions.nodeGone(index, renamedFrom);
	}

	/** Write. A node takes its services, checks and sessions with it, a service its checks. What is not there is no error. */
	deregister(index: number, deregistration: Deregistration): void {
		const { nodeGone } = deregister(this.#tables.catalog, index, deregistration);
		if (nodeGone) this.#tables.sessions.nodeGone(index, deregistration.node);
	}

	/** Write. False when a condition did not hold (cas, lock, unlock, delete-cas). Fails with `SESSION_UNKNOWN` (lock). */
	kvWrite(index: number, write: KvWrite): boolean {
		return this.#tables.kv.write(index, write);
	}

	/** Write. Fails with `NODE_UNKNOWN`, `SESSION_EXISTS`. */
	sessionCreate(index: number, session: SessionContent): void {
		if (this.#tables.catalog.node(session.node) === undefined) {
			const node = JSON.stringify(session.node);
			throw new DiscoError("NODE_UNKNOWN", `node ${node} of the session is not in the catalog; register it first`);
		}
		this.#tables.sessions.create(index, session);
	}

	/** Write. Frees or deletes the session's keys. Nothing happens when there is no such session. */
	sessionDestroy(index: number, id: string): void {
		this.#tables.sessions.destroy(index, id);
	}

	/** The state as it is now; costs nothing, and later writes neither show in it nor wait for it. */
	snapshot(): StateSnapshot {
		return { records: snapshotRecords(this.#tables) };
	}

	/** Begins to replace everything with a snapshot's records. Until `finish` the store answers as before. */
	restore(): StateRestore {
		const tables = newTables(this.#watches);
		const tombstones: Tombstone[] = [];
		let indexes: StateIndexes | undefined;
		return {
			add: (record) => {
				if (record.kind === "indexes") indexes = record.value;
				else if (record.kind === "tombstone") tombstones.push(record.value);
				else loadRecord(tables, record);
			},
			finish: () => {
				if (indexes === undefined)
					throw new DiscoError("SNAPSHOT_INVALID", "the snapshot holds no indexes: it is cut short");
				tables.catalog.loadIndexes(indexes.catalog);
				tables.kv.loadIndexes(indexes.kv, indexes.tombstoneFloor, tombstones);
				tables.sessions.loadIndex(indexes.sessions);
				this.#tables = tables;
				this.#watches.allChanged();
			},
		};
	}
}

interface Tables {
	readonly catalog: CatalogTables;
	readonly reads: CatalogReads;
	readonly kv: KvTable;
	readonly sessions: SessionTable;
}

function newTables(watches: Watches): Tables {
	const catalog = new CatalogTables(watches);
	const sessions: SessionTable = new SessionTable(watches, (index, { id, behavior }) =>
		kv.sessionEnded(index, id, behavior),
	);
	const kv = new KvTable(watches, sessions);
	return { catalog, reads: new CatalogReads(catalog, watches), kv, sessions };
}

function loadRecord(tables: Tables, record: Exclude<SnapshotRecord, { kind: "indexes" | "tombstone" }>): void {
	if (record.kind === "kv") tables.kv.load(record.value);
	else if (record.kind === "session") tables.sessions.load(record.value);
	else tables.catalog.load(record);
}

/** The copies are taken now; the records are read as the consumer asks for them. */
function snapshotRecords(tables: Tables): Iterable<SnapshotRecord> {
	const catalog = tables.catalog.snapshot();
	const kv = tables.kv.snapshot();
	const sessions = tables.sessions.snapshot();
	const indexes = { catalog: catalog.indexes, kv: kv.index, sessions: sessions.index, tombstoneFloor: kv.floor };
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
	})();
}
