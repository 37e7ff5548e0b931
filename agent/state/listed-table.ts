import { assert } from "../../lib/errors.ts";
import { deepFreeze } from "./freeze.ts";
import type { Journal } from "./journal.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { QueryResult } from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { TableName, Watches } from "./watches.ts";

/**
 * Records in the order of their keys with one index for all: every change moves it and wakes whoever asked for anything of the
 * table. The list is the same object until something changes.
 */
export class ListedTable<Value> {
	readonly #name: TableName;
	readonly #watches: Watches;
	readonly #journal: Journal;
	readonly #records: OrderedMap<Value>;
	#index = 0;
	/** The last answer to `list`, until a record changes. */
	#listed: readonly Value[] | undefined;

	constructor(name: TableName, watches: Watches, journal: Journal) {
		this.#name = name;
		this.#watches = watches;
		this.#journal = journal;
		this.#records = new OrderedMap(journal);
	}

	get(key: string): Value | undefined {
		return this.#records.get(key);
	}

	/** In the order of keys. */
	prefixed(keyPrefix: string): Value[] {
		return this.#records.prefixed(keyPrefix);
	}

	list(watchSet: WatchSet | undefined): QueryResult<readonly Value[]> {
		this.#listed ??= Object.freeze([...this.#records.values()]);
		return this.answer(this.#listed, watchSet);
	}

	/** What was found here as a read's answer, which depends on the whole table. */
	answer<Found>(value: Found, watchSet: WatchSet | undefined): QueryResult<Found> {
		watchSet?.addTable(this.#watches, this.#name);
		return { index: Math.max(this.#index, 1), value };
	}

	/** Freezes the record. Call `changed` when all that belongs to the write is done. */
	put(key: string, record: Value): void {
		this.#records.set(key, deepFreeze(record));
	}

	/** Call `changed` when all that belongs to the write is done. */
	delete(key: string): void {
		this.#records.delete(key);
	}

	changed(index: number): void {
		assert(index >= this.#index, `log index ${index} is not below that of ${this.#name}, ${this.#index}`);
		const before = this.#index;
		this.#journal.note(() => {
			this.#index = before;
		});
		this.#index = index;
		this.#watches.whenHappened(() => {
			this.#listed = undefined;
		});
		this.#watches.changed("table", this.#name);
	}

	snapshot(): { readonly index: number; readonly records: IterableIterator<Value> } {
		return { index: this.#index, records: this.#records.clone().values() };
	}

	/** Ends a restore. */
	loadIndex(index: number): void {
		this.#index = index;
	}
}
