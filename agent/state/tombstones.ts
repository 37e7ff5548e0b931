import { byteOrderKey } from "./byte-order.ts";
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
	readonly #byKey = new OrderedMap<Tombstone>();
	/** Oldest first. Derived from `#byKey`. */
	readonly #oldest = new Map<string, Tombstone>();
	#floor = 0;

	get floor(): number {
		return this.#floor;
	}

	add(key: string, index: number): void {
		// Forgotten already: the rest of a large tree whose beginning had to be.
		if (index <= this.#floor) {
			this.remove(key);
			return;
		}
		const tombstone = Object.freeze({ key, index });
		this.#byKey.set(byteOrderKey(key), tombstone);
		this.#oldest.delete(key);
		this.#oldest.set(key, tombstone);
		this.#forgetOldest();
	}

	/** The key exists again; its record's index is newer. */
	remove(key: string): void {
		if (this.#oldest.delete(key)) this.#byKey.delete(byteOrderKey(key));
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
		for (const [key, { index }] of this.#oldest) {
			if (this.#oldest.size <= tombstonesMax && index > this.#floor) return;
			this.#floor = index;
			this.#oldest.delete(key);
			this.#byKey.delete(byteOrderKey(key));
		}
	}
}
