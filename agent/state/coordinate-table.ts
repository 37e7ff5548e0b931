import { compositeKey, foldCase } from "./byte-order.ts";
import { deepFreeze, sameContent } from "./freeze.ts";
import type { Journal } from "./journal.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { CoordinateRecord, QueryResult } from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** Network coordinates of nodes, one per segment. They go with their node. */
export class CoordinateTable {
	readonly #watches: Watches;
	readonly #journal: Journal;
	/** By node, segment. */
	readonly #records: OrderedMap<CoordinateRecord>;
	#index = 0;
	/** The last answer to `list`, until a coordinate changes. */
	#listed: readonly CoordinateRecord[] | undefined;

	constructor(watches: Watches, journal: Journal) {
		this.#watches = watches;
		this.#journal = journal;
		this.#records = new OrderedMap(journal);
	}

	/** By node, then segment. */
	list(watchSet: WatchSet | undefined): QueryResult<readonly CoordinateRecord[]> {
		watchSet?.addTable(this.#watches, "coordinates");
		this.#listed ??= Object.freeze([...this.#records.values()]);
		return { index: this.#tableIndex(), value: this.#listed };
	}

	/** By segment. */
	node(name: string, watchSet: WatchSet | undefined): QueryResult<readonly CoordinateRecord[]> {
		watchSet?.addTable(this.#watches, "coordinates");
		return { index: this.#tableIndex(), value: Object.freeze(this.#of(name)) };
	}

	/** The caller knows the node. What is there already changes nothing. */
	set(index: number, record: CoordinateRecord): void {
		const key = compositeKey(foldCase(record.node), record.segment);
		if (sameContent(this.#records.get(key), record)) return;
		this.#records.set(key, deepFreeze(record));
		this.#changed(index);
	}

	nodeGone(index: number, node: string): void {
		const gone = this.#of(node);
		for (const record of gone) this.#records.delete(compositeKey(foldCase(record.node), record.segment));
		if (gone.length > 0) this.#changed(index);
	}

	snapshot(): { readonly index: number; readonly records: IterableIterator<CoordinateRecord> } {
		return { index: this.#index, records: this.#records.clone().values() };
	}

	/** For restoring into a new, empty table: a record of a snapshot. */
	load(record: CoordinateRecord): void {
		this.#records.set(compositeKey(foldCase(record.node), record.segment), deepFreeze(record));
	}

	/** Ends a restore. */
	loadIndex(index: number): void {
		this.#index = index;
	}

	#of(node: string): CoordinateRecord[] {
		return this.#records.prefixed(compositeKey(foldCase(node)));
	}

	#tableIndex(): number {
		return Math.max(this.#index, 1);
	}

	#changed(index: number): void {
		const before = this.#index;
		this.#journal.note(() => {
			this.#index = before;
		});
		this.#index = index;
		this.#watches.whenHappened(() => {
			this.#listed = undefined;
		});
		this.#watches.changed("table", "coordinates");
	}
}
