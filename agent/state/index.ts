export type { CatalogIndexes, NodeIndexes, ServiceIndex } from "./catalog-tables.ts";
export type {
	CheckContent,
	CheckRecord,
	Deregistration,
	Indexed,
	InstanceRecord,
	KvRecord,
	KvWrite,
	NodeRecord,
	NodeServicesRecord,
	QueryResult,
	Registration,
	ServiceAddress,
	ServiceContent,
	ServiceRecord,
	SessionBehavior,
	SessionContent,
	SessionRecord,
	StringMap,
} from "./records.ts";
export type { SnapshotRecord, StateIndexes, StateRestore, StateSnapshot } from "./state-snapshot.ts";
export { StateStore } from "./state-store.ts";
export type { Tombstone } from "./tombstones.ts";
export { WatchSet } from "./watch-set.ts";
export type { SliceScheduler } from "./watches.ts";
