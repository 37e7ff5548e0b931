import { assert } from "../../../lib/errors.ts";
import type { Entry, Position } from "./types.ts";

/**
 * The log in memory: everything after what was compacted, what is durable and what is not yet.
 *
 * `durableIndex` is through where the disk holds the same; what the disk is still to be given begins at `#untakenIndex`.
 */
export class Entries {
	#entries: Entry[];
	#compacted: { index: number; term: number | undefined };
	#durableIndex: number;
	#untakenIndex: number;
	#sizeBytes = 0;

	/** `before` is the position before the first entry; its term may be unknown. */
	constructor(before: { readonly index: number; readonly term: number | undefined }, entries: readonly Entry[]) {
		this.#compacted = { ...before };
		this.#entries = [...entries];
		let index = before.index;
		for (const entry of entries) {
			assert(entry.index === ++index, "entries follow one another");
			this.#sizeBytes += entry.data.length;
		}
		this.#durableIndex = this.lastIndex;
		this.#untakenIndex = this.lastIndex + 1;
	}

	/** Entries at or below are not held any more. */
	get compactedIndex(): number {
		return this.#compacted.index;
	}

	get lastIndex(): number {
		return this.#compacted.index + this.#entries.length;
	}

	get last(): Position {
		return this.#entries.at(-1) ?? { index: this.#compacted.index, term: this.#compacted.term ?? 0 };
	}

	get durableIndex(): number {
		return this.#durableIndex;
	}

	/** Bytes of commands held in memory. */
	get sizeBytes(): number {
		return this.#sizeBytes;
	}

	/** Undefined where no entry is held (and for 0, the place before all, the term 0). */
	termAt(index: number): number | undefined {
		if (index === 0) return 0;
		if (index === this.#compacted.index) return this.#compacted.term;
		return this.#entries[index - this.#compacted.index - 1]?.term;
	}

	at(index: number): Entry | undefined {
		return this.#entries[index - this.#compacted.index - 1];
	}

	/** From `fromIndex` on, `countMax` entries or `bytesMax` of commands at most, but one at least. */
	slice(fromIndex: number, countMax: number, bytesMax: number): Entry[] {
		const begin = fromIndex - this.#compacted.index - 1;
		assert(begin >= 0, "compacted entries are not asked for");
		let end = begin;
		for (let bytes = 0; end < this.#entries.length && end - begin < countMax; end++) {
			bytes += (this.#entries[end] as Entry).data.length;
			if (end > begin && bytes > bytesMax) break;
		}
		return this.#entries.slice(begin, end);
	}

	append(entry: Entry): void {
		assert(entry.index === this.lastIndex + 1, "entries follow one another");
		assert(entry.term >= this.last.term, "terms do not decrease along the log");
		this.#entries.push(entry);
		this.#sizeBytes += entry.data.length;
	}

	/** Drops the entries from `index` on. */
	truncateFrom(index: number): void {
		assert(index > this.#compacted.index, "compacted entries are not cut off");
		for (const { data } of this.#entries.splice(index - this.#compacted.index - 1)) this.#sizeBytes -= data.length;
		this.#durableIndex = Math.min(this.#durableIndex, index - 1);
		this.#untakenIndex = Math.min(this.#untakenIndex, index);
	}

	/** What the disk is to be given next; from now on it counts as given. */
	takeUnstored(): Entry[] {
		const taken = this.#entries.slice(this.#untakenIndex - this.#compacted.index - 1);
		this.#untakenIndex = this.lastIndex + 1;
		return taken;
	}

	get hasUnstored(): boolean {
		return this.#untakenIndex <= this.lastIndex;
	}

	/** The disk holds what was taken, through `index`; what was cut off in the meantime does not count. */
	stored(index: number): void {
		this.#durableIndex = Math.max(this.#durableIndex, Math.min(index, this.#untakenIndex - 1));
	}

	/** Forgets the entries through `index`, which a snapshot holds. */
	compact(index: number): void {
		if (index <= this.#compacted.index) return;
		assert(index <= this.lastIndex, "what is not there is not compacted");
		const term = this.termAt(index);
		for (const { data } of this.#entries.splice(0, index - this.#compacted.index)) this.#sizeBytes -= data.length;
		this.#compacted = { index, term };
	}

	/** A snapshot took the place of everything. */
	reset({ index, term }: Position): void {
		this.#entries = [];
		this.#sizeBytes = 0;
		this.#compacted = { index, term };
		this.#durableIndex = index;
		this.#untakenIndex = index + 1;
	}
}
