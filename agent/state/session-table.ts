import { DiscoError } from "../../lib/errors.ts";
import { compositeKey, foldCase } from "./byte-order.ts";
import type { Journal } from "./journal.ts";
import { ListedTable } from "./listed-table.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { QueryResult, SessionContent, SessionRecord } from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** Sessions: who may hold locks. Their keys are the key-value table's business (`onEnd`). */
export class SessionTable {
	readonly #onEnd: (index: number, session: SessionRecord) => void;
	readonly #table: ListedTable<SessionRecord>;

	// Derived from the records.
	/** By node, id. */
	readonly #idsByNode: OrderedMap<string>;
	/** By node, check, id. */
	readonly #idsByCheck: OrderedMap<string>;

	constructor(watches: Watches, journal: Journal, onEnd: (index: number, session: SessionRecord) => void) {
		this.#onEnd = onEnd;
		this.#table = new ListedTable("sessions", watches, journal);
		this.#idsByNode = new OrderedMap(journal);
		this.#idsByCheck = new OrderedMap(journal);
	}

	has(id: string): boolean {
		return this.#table.get(compositeKey(id)) !== undefined;
	}

	get(id: string, watchSet: WatchSet | undefined): QueryResult<SessionRecord | undefined> {
		return this.#table.answer(this.#table.get(compositeKey(id)), watchSet);
	}

	/** By id. */
	list(watchSet: WatchSet | undefined): QueryResult<readonly SessionRecord[]> {
		return this.#table.list(watchSet);
	}

	/** The caller knows the node and its checks. Fails with `SESSION_EXISTS`. */
	create(index: number, content: SessionContent): void {
		if (this.has(content.id))
			throw new DiscoError("SESSION_EXISTS", `session ${content.id} exists already; create one with a new ID`);
		this.load({ ...content, createIndex: index, modifyIndex: index });
		this.#table.changed(index);
	}

	/** Nothing happens when there is none. */
	destroy(index: number, id: string): void {
		const session = this.#table.get(compositeKey(id));
		if (session === undefined) return;
		this.#table.delete(compositeKey(id));
		for (const [ids, key] of this.#places(session)) ids.delete(key);
		this.#table.changed(index);
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
		return this.#table.snapshot();
	}

	/** For restoring into a new, empty table: a record of a snapshot. */
	load(record: SessionRecord): void {
		this.#table.put(compositeKey(record.id), record);
		for (const [ids, key] of this.#places(record)) ids.set(key, record.id);
	}

	/** Ends a restore. */
	loadIndex(index: number): void {
		this.#table.loadIndex(index);
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
}

/** Every check that the session is bound to. */
export function checksOfSession({ nodeChecks, serviceChecks, oldChecks = [] }: SessionContent): readonly string[] {
	return [...nodeChecks, ...serviceChecks, ...oldChecks];
}
