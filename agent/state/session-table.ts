import { assert, DiscoError } from "../../lib/errors.ts";
import { compositeKey, foldCase } from "./byte-order.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { QueryResult, SessionContent, SessionRecord } from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** Sessions: who may hold locks. Their keys are the key-value table's business (`onEnd`). */
export class SessionTable {
	readonly #watches: Watches;
	readonly #onEnd: (index: number, session: SessionRecord) => void;
	readonly #records = new OrderedMap<SessionRecord>();
	#index = 0;
	/** The last answer to `list`, until a session changes. */
	#listed: readonly SessionRecord[] | undefined;

	constructor(watches: Watches, onEnd: (index: number, session: SessionRecord) => void) {
		this.#watches = watches;
		this.#onEnd = onEnd;
	}

	has(id: string): boolean {
		return this.#records.has(compositeKey(id));
	}

	get(id: string, watchSet: WatchSet | undefined): QueryResult<SessionRecord | undefined> {
		watchSet?.addTable(this.#watches, "sessions");
		const record = this.#records.get(compositeKey(id));
		return { index: record?.modifyIndex ?? this.#tableIndex(), value: record };
	}

	/** By id. */
	list(watchSet: WatchSet | undefined): QueryResult<readonly SessionRecord[]> {
		watchSet?.addTable(this.#watches, "sessions");
		this.#listed ??= Object.freeze([...this.#records.values()]);
		return { index: this.#tableIndex(), value: this.#listed };
	}

	create(index: number, content: SessionContent): void {
		if (this.has(content.id))
			throw new DiscoError("SESSION_EXISTS", `session ${content.id} exists already; create one with a new ID`);
		this.load({ ...content, createIndex: index, modifyIndex: index });
		this.#changed(index);
	}

	/** Nothing happens when there is none. */
	destroy(index: number, id: string): void {
		const session = this.#records.get(compositeKey(id));
		if (session === undefined) return;
		this.#records.delete(compositeKey(id));
		this.#changed(index);
		this.#onEnd(index, session);
	}

	/** The node has gone, or has another name now. */
	nodeGone(index: number, node: string): void {
		const name = foldCase(node);
		const sessions = [...this.#records.values()].filter((session) => foldCase(session.node) === name);
		for (const { id } of sessions) this.destroy(index, id);
	}

	snapshot(): { readonly index: number; readonly records: IterableIterator<SessionRecord> } {
		return { index: this.#index, records: this.#records.clone().values() };
	}

	/** For restoring into a new, empty table: a record of a snapshot. */
	load(record: SessionRecord): void {
		this.#records.set(compositeKey(record.id), Object.freeze(record));
	}

	/** Ends a restore. */
	loadIndex(index: number): void {
		this.#index = index;
	}

	#tableIndex(): number {
		return Math.max(this.#index, 1);
	}

	#changed(index: number): void {
		assert(index >= this.#index, `log index ${index} is not below the session table's ${this.#index}`);
		this.#index = index;
		this.#listed = undefined;
		this.#watches.changed("table", "sessions");
	}
}
