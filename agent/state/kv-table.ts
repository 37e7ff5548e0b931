import { assert, DiscoError } from "../../lib/errors.ts";
import { byteOrderKey, compositeKey } from "./byte-order.ts";
import { sameBytes } from "./freeze.ts";
import type { Journal } from "./journal.ts";
import type { KvHistory } from "./kv-history.ts";
import { KvViews, type MaybeLater, type PrefixIndexes } from "./kv-views.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { KvRecord, KvRevision, KvWrite, QueryResult, WriteOrigin } from "./records.ts";
import { type Tombstone, Tombstones } from "./tombstones.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** What the table asks of its surroundings. */
export interface SessionLookup {
	has(id: string): boolean;
}

/** A session's end has no author, and logs of before there was a history tell none. */
const unknownOrigin: WriteOrigin = Object.freeze({ timeMs: 0, author: "" });

/** Keys and values, locks and tombstones. Index rules: test/conformance/http/README.md, "Indexes" and "KV". */
export class KvTable {
	readonly #watches: Watches;
	readonly #sessions: SessionLookup;
	readonly #views: KvViews;
	readonly #journal: Journal;
	readonly #history: KvHistory;
	readonly #records: OrderedMap<KvRecord>;
	readonly #tombstones: Tombstones;
	/** Keys that are locked, by session, key. Derived from the records. */
	readonly #held: OrderedMap<string>;
	/** Index of the last write that changed anything, deletes included. */
	#index = 0;
	/** Of the write that is being made. */
	#origin: WriteOrigin = unknownOrigin;

	constructor(
		watches: Watches,
		parts: { readonly journal: Journal; readonly sessions: SessionLookup; readonly history: KvHistory },
	) {
		this.#watches = watches;
		this.#journal = parts.journal;
		this.#sessions = parts.sessions;
		this.#history = parts.history;
		this.#records = new OrderedMap(parts.journal);
		this.#tombstones = new Tombstones(parts.journal);
		this.#held = new OrderedMap(parts.journal);
		this.#views = new KvViews(
			(prefix) => this.#indexesOfPrefix(prefix),
			() => watches.pause(),
		);
	}

	get size(): number {
		return this.#records.size;
	}

	/** A missing key has the table's index, yet its waiters wake only when it appears. */
	get(key: string, watchSet: WatchSet | undefined): QueryResult<KvRecord | undefined> {
		watchSet?.add(this.#watches, "key", key);
		const record = this.#records.get(byteOrderKey(key));
		return { index: record?.modifyIndex ?? this.tableIndex(), value: record };
	}

	list(prefix: string, watchSet: WatchSet | undefined): QueryResult<readonly KvRecord[]> {
		watchSet?.addPrefix(this.#watches, prefix);
		return this.#views.list(prefix, this.#records);
	}

	keys(prefix: string, separator: string, watchSet: WatchSet | undefined): QueryResult<readonly string[]> {
		watchSet?.addPrefix(this.#watches, prefix);
		return this.#views.keys(prefix, separator, this.#records);
	}

	/** As `list`; of many keys in slices, as they are at the call. */
	listInSlices(prefix: string, watchSet: WatchSet | undefined): MaybeLater<QueryResult<readonly KvRecord[]>> {
		watchSet?.addPrefix(this.#watches, prefix);
		return this.#views.listInSlices(prefix, this.#records);
	}

	/** As `keys`; of many keys in slices, as they are at the call. */
	keysInSlices(
		prefix: string,
		separator: string,
		watchSet: WatchSet | undefined,
	): MaybeLater<QueryResult<readonly string[]>> {
		watchSet?.addPrefix(this.#watches, prefix);
		return this.#views.keysInSlices(prefix, separator, this.#records);
	}

	/** As `list`, for within a transaction: nothing is remembered of what may be taken back. */
	scan(prefix: string): readonly KvRecord[] {
		return this.#records.prefixed(byteOrderKey(prefix));
	}

	/** What is remembered of a key, oldest first. */
	history(key: string, watchSet: WatchSet | undefined): QueryResult<readonly KvRevision[]> {
		watchSet?.add(this.#watches, "key", key);
		const revisions = this.#history.of(key);
		return { index: revisions.at(-1)?.index ?? this.tableIndex(), value: Object.freeze(revisions) };
	}

	tableIndex(): number {
		return Math.max(this.#index, 1);
	}

	/** Whether the condition held (cas, lock, unlock, delete-cas); true for the others. Fails with `SESSION_UNKNOWN` (lock). */
	write(index: number, write: KvWrite, origin: WriteOrigin = unknownOrigin): boolean {
		this.#origin = origin;
		switch (write.operation) {
			case "set":
				this.#set(index, write);
				return true;
			case "cas":
				return this.#compareAndSet(index, write);
			case "lock":
				return this.#lock(index, write);
			case "unlock":
				return this.#unlock(index, write);
			case "delete":
				this.#delete(index, write.key);
				return true;
			case "delete-cas":
				return this.#compareAndDelete(index, write);
			case "delete-tree":
				this.#deleteTree(index, write.prefix);
				return true;
		}
	}

	/** A session ended: its keys become free (LockIndex stays, ModifyIndex moves) or go. Returns them. */
	sessionEnded(index: number, session: string, behavior: "release" | "delete"): readonly string[] {
		const keys = this.#held.prefixed(compositeKey(session));
		this.#origin = unknownOrigin;
		for (const key of keys) {
			const record = this.#records.get(byteOrderKey(key));
			assert(record?.session === session, `key ${key} is held by session ${session}`);
			if (behavior === "delete") this.#delete(index, key);
			else this.#store(index, record, { ...record, session: undefined });
		}
		return keys;
	}

	snapshot(): KvSnapshot {
		return { index: this.#index, records: this.#records.clone().values(), ...this.#tombstones.snapshot() };
	}

	/** For restoring into a new, empty table: a record of a snapshot. */
	load(record: KvRecord): void {
		this.#records.set(byteOrderKey(record.key), Object.freeze(record));
		this.#hold(record.session, record.key);
	}

	/** Ends a restore. */
	loadIndexes(index: number, floor: number, tombstones: readonly Tombstone[]): void {
		this.#index = index;
		this.#tombstones.restore(floor, tombstones);
	}

	#compareAndSet(index: number, write: KvWrite & { operation: "cas" }): boolean {
		const existing = this.#records.get(byteOrderKey(write.key));
		if ((existing?.modifyIndex ?? 0) !== write.index) return false;
		this.#set(index, write);
		return true;
	}

	/** Keeps a lock that is held, but LockIndex becomes 0 (measured). */
	#set(index: number, write: { readonly key: string; readonly value: Uint8Array; readonly flags: bigint }): void {
		const existing = this.#records.get(byteOrderKey(write.key));
		this.#store(index, existing, {
			key: write.key,
			value: write.value,
			flags: write.flags,
			session: existing?.session,
			lockIndex: 0,
		});
	}

	#lock(index: number, write: KvWrite & { operation: "lock" | "unlock" }): boolean {
		if (!this.#sessions.has(write.session)) {
			throw new DiscoError(
				"SESSION_UNKNOWN",
				`session ${JSON.stringify(write.session)} does not exist; create one and lock with its ID`,
			);
		}
		const { key, value, flags, session } = write;
		const existing = this.#records.get(byteOrderKey(key));
		if (existing?.session !== undefined && existing.session !== session) return false;
		const lockIndex = (existing?.lockIndex ?? 0) + (existing?.session === session ? 0 : 1);
		this.#store(index, existing, { key, value, flags, session, lockIndex });
		return true;
	}

	#unlock(index: number, write: KvWrite & { operation: "lock" | "unlock" }): boolean {
		const { key, value, flags, session } = write;
		const existing = this.#records.get(byteOrderKey(key));
		if (existing === undefined || existing.session !== session) return false;
		this.#store(index, existing, { key, value, flags, session: undefined, lockIndex: existing.lockIndex });
		return true;
	}

	/** Deleting what does not exist is fine; another index is not. */
	#compareAndDelete(index: number, write: KvWrite & { operation: "delete-cas" }): boolean {
		const existing = this.#records.get(byteOrderKey(write.key));
		if (existing !== undefined && existing.modifyIndex !== write.index) return false;
		this.#delete(index, write.key);
		return true;
	}

	#delete(index: number, key: string): void {
		const orderKey = byteOrderKey(key);
		const existing = this.#records.get(orderKey);
		if (existing === undefined) return;
		this.#records.delete(orderKey);
		this.#letGo(existing.session, key);
		this.#tombstones.add(key, index);
		this.#history.add({ key, index, flags: 0n, ...this.#origin });
		this.#changed(index, key);
	}

	#deleteTree(index: number, prefix: string): void {
		for (const record of this.#records.prefixed(byteOrderKey(prefix))) this.#delete(index, record.key);
	}

	/** Content equal to what is there changes nothing: no index moves, nobody wakes. */
	#store(
		index: number,
		existing: KvRecord | undefined,
		content: Omit<KvRecord, "createIndex" | "modifyIndex" | "session"> & { readonly session: string | undefined },
	): void {
		const { key, value, flags, session, lockIndex } = content;
		if (
			existing !== undefined &&
			existing.lockIndex === lockIndex &&
			existing.flags === flags &&
			existing.session === session &&
			sameBytes(existing.value, value)
		)
			return;
		const indexes = { createIndex: existing?.createIndex ?? index, modifyIndex: index };
		const record = { key, value, flags, lockIndex, ...indexes, ...(session === undefined ? {} : { session }) };
		this.#records.set(byteOrderKey(key), Object.freeze(record));
		if (existing?.session !== session) {
			this.#letGo(existing?.session, key);
			this.#hold(session, key);
		}
		if (existing === undefined) this.#tombstones.remove(key);
		if (existing === undefined || existing.flags !== flags || !sameBytes(existing.value, value))
			this.#history.add({ key, index, value, flags, ...this.#origin });
		this.#changed(index, key);
	}

	#hold(session: string | undefined, key: string): void {
		if (session !== undefined) this.#held.set(compositeKey(session, key), key);
	}

	#letGo(session: string | undefined, key: string): void {
		if (session !== undefined) this.#held.delete(compositeKey(session, key));
	}

	#changed(index: number, key: string): void {
		assert(index >= this.#index, `log index ${index} is not below the key-value table's ${this.#index}`);
		const before = this.#index;
		this.#journal.note(() => {
			this.#index = before;
		});
		this.#index = index;
		this.#watches.whenHappened(() => this.#views.keyChanged(key));
		this.#watches.keyChanged(key);
	}

	#indexesOfPrefix(prefix: string): PrefixIndexes {
		return {
			deleted: this.#tombstones.newestBelow(prefix),
			floor: this.#tombstones.floor,
			table: this.tableIndex(),
		};
	}
}

/** A consistent view of the table; later writes do not show. */
export interface KvSnapshot {
	readonly index: number;
	readonly records: IterableIterator<KvRecord>;
	readonly floor: number;
	readonly tombstones: IterableIterator<Tombstone>;
}
