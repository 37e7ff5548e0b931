import { assert, DiscoError } from "../../lib/errors.ts";
import { compositeKey, foldCase } from "./byte-order.ts";
import { deepFreeze } from "./freeze.ts";
import type { Journal } from "./journal.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { QueryResult, SessionContent, SessionRecord } from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** Sessions: who may hold locks. Their keys are the key-value table's business (`onEnd`). */
export class SessionTable {
	readonly #watches: Watches;
	readonly #onEnd: (index: number, session: SessionRecord) => void;
	readonly #journal: Journal;
	readonly #records: OrderedMap<SessionRecord>;
	#index = 0;

	// Derived from the records.
	/** By node, id. */
	readonly #idsByNode: OrderedMap<string>;
	/** By node, check, id. */
	readonly #idsByCheck: OrderedMap<string>;
	/** The last answer to `list`, until a session changes. */
	#listed: readonly SessionRecord[] | undefined;

	constructor(watches: Watches, journal: Journal, onEnd: (index: number, session: SessionRecord) => void) {
		this.#watches = watches;
		this.#journal = journal;
		this.#onEnd = onEnd;
		this.#records = new OrderedMap(journal);
		this.#idsByNode = new OrderedMap(journal);
		this.#idsByCheck = new OrderedMap(journal);
	}

	has(id: string): boolean {
		return this.#records.has(compositeKey(id));
	}

	get(id: string, watchSet: WatchSet | undefined): QueryResult<SessionRecord | undefined> {
		watchSet?.addTable(this.#watches, "sessions");
		return { index: this.#tableIndex(), value: this.#records.get(compositeKey(id)) };
	}

	/** By id. */
	list(watchSet: WatchSet | undefined): QueryResult<readonly SessionRecord[]> {
		watchSet?.addTable(this.#watches, "sessions");
		this.#listed ??= Object.freeze([...this.#records.values()]);
		return { index: this.#tableIndex(), value: this.#listed };
	}

	/** The caller knows the node and its checks. Fails with `SESSION_EXISTS`. */
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
		for (const [ids, key] of this.#places(session)) ids.delete(key);
		this.#changed(index);
		this.#onEnd(index, session);
	}

	/** The node has gone, or has another name now. */
	nodeGone(index: number, node: string): void {
		for (const id of this.#idsByNode.prefixed(compositeKey(foldCase(node)))) this.destroy(index, id);
	}

	/** A check is critical, or has gone: it ends the sessions that are bound to it. */
	checkLost(index: number, node: string, checkId: string): void {
		const bound = this.#idsByCheck.prefixed(compositeKey(foldCase(node), foldCase(checkId)));
		for (const id of bound) this.destroy(index, id);
	}

	snapshot(): { readonly index: number; readonly records: IterableIterator<SessionRecord> } {
		return { index: this.#index, records: this.#records.clone().values() };
	}

	/** For restoring into a new, empty table: a record of a snapshot. */
	load(record: SessionRecord): void {
		this.#records.set(compositeKey(record.id), deepFreeze(record));
		for (const [ids, key] of this.#places(record)) ids.set(key, record.id);
	}

	/** Ends a restore. */
	loadIndex(index: number): void {
		this.#index = index;
	}

	/** Where else the session's id is filed. */
	#places(session: SessionRecord): [OrderedMap<string>, string][] {
		const { id } = session;
		const name = foldCase(session.node);
		return [
			[this.#idsByNode, compositeKey(name, id)],
			...checksOfSession(session).map((check): [OrderedMap<string>, string] => [
				this.#idsByCheck,
				compositeKey(name, foldCase(check), id),
			]),
		];
	}

	#tableIndex(): number {
		return Math.max(this.#index, 1);
	}

	#changed(index: number): void {
		assert(index >= this.#index, `log index ${index} is not below the session table's ${this.#index}`);
		const before = this.#index;
		this.#journal.note(() => {
			this.#index = before;
		});
		this.#index = index;
		this.#watches.whenHappened(() => {
			this.#listed = undefined;
		});
		this.#watches.changed("table", "sessions");
	}
}

/** Every check that the session is bound to. */
export function checksOfSession({ nodeChecks, serviceChecks, oldChecks = [] }: SessionContent): readonly string[] {
	return [...nodeChecks, ...serviceChecks, ...oldChecks];
}
