import { compositeKey, foldCase } from "./byte-order.ts";
import { sameContent } from "./freeze.ts";
import type { Journal } from "./journal.ts";
import { ListedTable } from "./listed-table.ts";
import type { CoordinateRecord, QueryResult } from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** Network coordinates of nodes, one per segment. They go with their node. */
export class CoordinateTable {
	/** By node, segment. */
	readonly #table: ListedTable<CoordinateRecord>;

	constructor(watches: Watches, journal: Journal) {
		this.#table = new ListedTable("coordinates", watches, journal);
	}

	/** By node, then segment. */
	list(watchSet: WatchSet | undefined): QueryResult<readonly CoordinateRecord[]> {
		return this.#table.list(watchSet);
	}

	/** By segment. */
	node(name: string, watchSet: WatchSet | undefined): QueryResult<readonly CoordinateRecord[]> {
		return this.#table.answer(Object.freeze(this.#of(name)), watchSet);
	}

	/** The caller knows the node. What is there already changes nothing. */
	set(index: number, record: CoordinateRecord): void {
		const key = compositeKey(foldCase(record.node), record.segment);
		if (sameContent(this.#table.get(key), record)) return;
		this.#table.put(key, record);
		this.#table.changed(index);
	}

	nodeGone(index: number, node: string): void {
		const gone = this.#of(node);
		for (const record of gone) this.#table.delete(compositeKey(foldCase(record.node), record.segment));
		if (gone.length > 0) this.#table.changed(index);
	}

	snapshot(): { readonly index: number; readonly records: IterableIterator<CoordinateRecord> } {
		return this.#table.snapshot();
	}

	/** For restoring into a new, empty table: a record of a snapshot. */
	load(record: CoordinateRecord): void {
		this.#table.put(compositeKey(foldCase(record.node), record.segment), record);
	}

	/** Ends a restore. */
	loadIndex(index: number): void {
		this.#table.loadIndex(index);
	}

	#of(node: string): CoordinateRecord[] {
		return this.#table.prefixed(compositeKey(foldCase(node)));
	}
}
