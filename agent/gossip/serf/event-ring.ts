/**
 * What was seen lately, by Lamport time: tells doubles and what is too old. serf.md, section 5.
 */
export class EventRing<T> {
	readonly #slots: ({ readonly time: number; readonly items: T[] } | undefined)[];
	readonly #same: (a: T, b: T) => boolean;
	/** Everything before is dropped. */
	minTime = 0;

	constructor(size: number, same: (a: T, b: T) => boolean) {
		this.#slots = new Array(size).fill(undefined);
		this.#same = same;
	}

	/** Whether the item is new. `now` is the clock after it witnessed `time`. */
	add(time: number, item: T, now: number): boolean {
		const size = this.#slots.length;
		if (time < this.minTime) return false;
		if (now > size && time < now - size) return false;
		const at = time % size;
		const slot = this.#slots[at];
		if (slot?.time !== time) {
			this.#slots[at] = { time, items: [item] };
			return true;
		}
		if (slot.items.some((known) => this.#same(known, item))) return false;
		// As many as a pool could fire at one time; more would be a flood.
		if (slot.items.length >= size) return false;
		slot.items.push(item);
		return true;
	}

	slots(): readonly ({ readonly time: number; readonly items: readonly T[] } | undefined)[] {
		return this.#slots;
	}
}
