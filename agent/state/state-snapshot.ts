import type { CatalogIndexes, CatalogRecord } from "./catalog-tables.ts";
import type {
	AutopilotRecord,
	CoordinateRecord,
	KvHistoryRule,
	KvRecord,
	KvRevision,
	PreparedQueryRecord,
	SessionRecord,
} from "./records.ts";
import type { Tombstone } from "./tombstones.ts";

/** Index of the last change per table, and what is derived from no record. */
export interface StateIndexes {
	readonly catalog: CatalogIndexes;
	readonly kv: number;
	readonly sessions: number;
	/** Index below which deletes are not remembered. */
	readonly tombstoneFloor: number;
	readonly queries: number;
	readonly coordinates: number;
}

/** One record of a snapshot. The order in which they come does not matter to a restore. */
export type SnapshotRecord =
	| { readonly kind: "indexes"; readonly value: StateIndexes }
	| CatalogRecord
	| { readonly kind: "kv"; readonly value: KvRecord }
	| { readonly kind: "tombstone"; readonly value: Tombstone }
	| { readonly kind: "session"; readonly value: SessionRecord }
	| { readonly kind: "query"; readonly value: PreparedQueryRecord }
	| { readonly kind: "coordinate"; readonly value: CoordinateRecord }
	| { readonly kind: "kv-history-rule"; readonly value: KvHistoryRule }
	| { readonly kind: "kv-revision"; readonly value: KvRevision }
	| { readonly kind: "autopilot"; readonly value: AutopilotRecord };

/** The whole state as it was at one moment, however long it takes to read it. */
export interface StateSnapshot {
	/** Once only. */
	readonly records: Iterable<SnapshotRecord>;
}

/** Takes a snapshot's records piece by piece, in slices as the caller likes; the store changes only at `finish`. */
export interface StateRestore {
	add(record: SnapshotRecord): void;
	/** Replaces the store's content and wakes every waiter. */
	finish(): void;
}
