import { DiscoError } from "../../lib/errors.ts";
import { compositeKey, foldCase } from "./byte-order.ts";
import type { Journal } from "./journal.ts";
import { ListedTable } from "./listed-table.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { PreparedQueryContent, PreparedQueryRecord, QueryResult } from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** Prepared queries and templates. Names are unique, without regard to case; a session's queries end with it. */
export class QueryTable {
	readonly #table: ListedTable<PreparedQueryRecord>;

	// Derived from the records.
	/** Folded name -> id, of queries and templates; an empty name only of a template. */
	readonly #idsByName: OrderedMap<string>;
	/** By session, id. */
	readonly #idsBySession: OrderedMap<string>;

	constructor(watches: Watches, journal: Journal) {
		this.#table = new ListedTable("queries", watches, journal);
		this.#idsByName = new OrderedMap(journal);
		this.#idsBySession = new OrderedMap(journal);
	}

	get(id: string, watchSet: WatchSet | undefined): QueryResult<PreparedQueryRecord | undefined> {
		return this.#table.answer(this.#record(id), watchSet);
	}

	/** By id. */
	list(watchSet: WatchSet | undefined): QueryResult<readonly PreparedQueryRecord[]> {
		return this.#table.list(watchSet);
	}

	/** By id, then by name, then the template whose name is the longest prefix of what is asked for. */
	resolve(idOrName: string): PreparedQueryRecord | undefined {
		const byId = this.#record(idOrName);
		if (byId !== undefined) return byId;
		const name = foldCase(idOrName);
		const byName = name === "" ? undefined : this.#named(name);
		if (byName !== undefined) return byName;
		for (let length = name.length; length >= 0; length--) {
			const found = this.#named(name.slice(0, length));
			if (found !== undefined && isTemplate(found)) return found;
		}
		return undefined;
	}

	/** Creates or replaces it; the caller knows the session. Fails with `QUERY_INVALID` when the name is another's. */
	set(index: number, content: PreparedQueryContent): void {
		const former = this.#record(content.id);
		this.#assertNameFree(content);
		if (former !== undefined) this.#unindex(former);
		this.#add({ ...content, createIndex: former?.createIndex ?? index, modifyIndex: index });
		this.#table.changed(index);
	}

	/** Nothing happens when there is none. */
	delete(index: number, id: string): void {
		const record = this.#record(id);
		if (record === undefined) return;
		this.#unindex(record);
		this.#table.delete(compositeKey(foldCase(id)));
		this.#table.changed(index);
	}

	sessionEnded(index: number, session: string): void {
		for (const id of this.#idsBySession.prefixed(compositeKey(session))) this.delete(index, id);
	}

	snapshot(): { readonly index: number; readonly records: IterableIterator<PreparedQueryRecord> } {
		return this.#table.snapshot();
	}

	/** For restoring into a new, empty table: a record of a snapshot. */
	load(record: PreparedQueryRecord): void {
		this.#add(record);
	}

	/** Ends a restore. */
	loadIndex(index: number): void {
		this.#table.loadIndex(index);
	}

	#record(id: string): PreparedQueryRecord | undefined {
		return this.#table.get(compositeKey(foldCase(id)));
	}

	#named(foldedName: string): PreparedQueryRecord | undefined {
		const id = this.#idsByName.get(compositeKey(foldedName));
		return id === undefined ? undefined : this.#record(id);
	}

	#assertNameFree(content: PreparedQueryContent): void {
		const holder = this.#named(foldCase(content.name));
		if (holder !== undefined && holder.id !== content.id && isIndexed(content)) {
			throw invalid(
				content.name === ""
					? "a query template with an empty name already exists"
					: `name '${content.name}' aliases an existing query name`,
			);
		}
		// A query is looked up by id first: nobody may take another's id as his name.
		if (content.name !== "" && this.#record(content.name) !== undefined)
			throw invalid(`name '${content.name}' aliases an existing query ID`);
	}

	#add(record: PreparedQueryRecord): void {
		this.#table.put(compositeKey(foldCase(record.id)), record);
		if (isIndexed(record)) this.#idsByName.set(compositeKey(foldCase(record.name)), record.id);
		if (record.session !== "") this.#idsBySession.set(compositeKey(record.session, record.id), record.id);
	}

	#unindex(record: PreparedQueryRecord): void {
		if (isIndexed(record)) this.#idsByName.delete(compositeKey(foldCase(record.name)));
		if (record.session !== "") this.#idsBySession.delete(compositeKey(record.session, record.id));
	}
}

function isTemplate({ template }: PreparedQueryContent): boolean {
	return template.type !== "";
}

/** Found by name: with one, or as the template for every name. */
function isIndexed(query: PreparedQueryContent): boolean {
	return query.name !== "" || isTemplate(query);
}

function invalid(message: string): DiscoError {
	return new DiscoError("QUERY_INVALID", message);
}
