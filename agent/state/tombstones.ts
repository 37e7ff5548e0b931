import { byteOrderKey } from "./byte-order.ts";
import type { Journal } from "./journal.ts";
import { OrderedMap } from "./ordered-map.ts";

/** Deleted keys that are remembered; beyond it the oldest are forgotten and the floor rises. */
export const tombstonesMax = 65_536;

export interface Tombstone {
	readonly key: string;
	readonly index: number;
}

/**
 * Which keys were deleted when, so that the index of a prefix also moves on deletes. What is forgotten leaves a floor: the index
 * of no prefix is given below it, so that a reader who slept through a forgotten delete learns that something happened.
 */
export class Tombstones {
	readonly #journal: Journal | undefined;
	readonly #byKey: OrderedMap<Tombstone>;
	/** Oldest first: by index, key. Derived from `#byKey`. */
	readonly #oldest: OrderedMap<Tombstone>;
	#floor = 0;

	constructor(journal?: Journal) {
		this.#journal = journal;
		this.#byKey = new OrderedMap(journal);
		this.#oldest = new OrderedMap(journal);
	}

	get floor(): number {
		return this.#floor;
	}

	add(key: string, index: number): void {
		// Forgotten already: the rest of a large tree whose beginning had to be.
		if (index <= this.#floor) {
			this.remove(key);
			return;
		}
		this.remove(key);
		const tombstone = Object.freeze({ key, index });
		this.#byKey.set(byteOrderKey(key), tombstone);
		this.#oldest.set(ageKey(tombstone), tombstone);
		this.#forgetOldest();
	}

	/** The key exists again; its record's index is newer. */
	remove(key: string): void {
		const tombstone = this.#byKey.get(byteOrderKey(key));
		if (tombstone === undefined) return;
		this.#byKey.delete(byteOrderKey(key));
		this.#oldest.delete(ageKey(tombstone));
	}

	/** Index of the newest remembered delete below `prefix`; 0 when there is none. */
	newestBelow(prefix: string): number {
		let newest = 0;
		this.#byKey.forEachPrefixed(byteOrderKey(prefix), (tombstone) => {
			newest = Math.max(newest, tombstone.index);
			return true;
		});
		return newest;
	}

	/** A consistent copy that costs nothing. */
	snapshot(): { readonly floor: number; readonly tombstones: IterableIterator<Tombstone> } {
		return { floor: this.#floor, tombstones: this.#byKey.clone().values() };
	}

	/** For a new, empty one. */
	restore(floor: number, tombstones: readonly Tombstone[]): void {
		this.#floor = floor;
		// Those of one index go together (below), so their order among each other does not matter.
		for (const { key, index } of [...tombstones].sort((a, b) => a.index - b.index)) this.add(key, index);
	}

	/** All of one log index go at once, so that replicas agree whatever order they remember them in. */
	#forgetOldest(): void {
		if (this.#oldest.size <= tombstonesMax) return;
		for (;;) {
			const oldest = this.#oldest.firstPrefixed("");
			if (oldest === undefined || (this.#oldest.size <= tombstonesMax && oldest.index > this.#floor)) return;
			this.#raiseFloor(oldest.index);
			this.remove(oldest.key);
		}
	}

	#raiseFloor(floor: number): void {
		const before = this.#floor;
		this.#journal?.note(() => {
			this.#floor = before;
		});
		this.#floor = floor;
	}
}

/** Orders by index, then key; 2^53 has 11 digits to the base 36. */
function ageKey({ index, key }: Tombstone): string {
	return index.toString(36).padStart(11, "0") + byteOrderKey(key);
}
