export type { CatalogIndexes, NodeIndexes, ServiceIndex } from "./catalog-tables.ts";
export type { MaybeLater } from "./kv-views.ts";
export type {
	AutopilotContent,
	AutopilotRecord,
	CheckContent,
	CheckRecord,
	Coordinate,
	CoordinateRecord,
	Deregistration,
	Indexed,
	InstanceRecord,
	KvHistoryRule,
	KvRecord,
	KvRevision,
	KvWrite,
	NodeContent,
	NodeRecord,
	NodeServicesRecord,
	PreparedQueryContent,
	PreparedQueryRecord,
	QueryFailover,
	QueryResult,
	QueryService,
	QueryTemplate,
	Registration,
	ServiceAddress,
	ServiceContent,
	ServiceRecord,
	SessionBehavior,
	SessionContent,
	SessionRecord,
	StringMap,
	TxnError,
	TxnOperation,
	TxnOutcome,
	TxnResult,
	WriteOrigin,
} from "./records.ts";
export type { SnapshotRecord, StateIndexes, StateRestore, StateSnapshot } from "./state-snapshot.ts";
export { type StateObserver, StateStore } from "./state-store.ts";
export type { SessionEnd } from "./tables.ts";
export type { Tombstone } from "./tombstones.ts";
export { WatchSet } from "./watch-set.ts";
export type { SliceScheduler } from "./watches.ts";
