interface Broadcast {
	readonly name: string | undefined;
	readonly message: Uint8Array;
	readonly onFinished: (() => void) | undefined;
	readonly order: number;
	transmits: number;
}

/**
 * Messages that are to reach everybody. Each is handed out a number of times that grows with the pool; first those that were
 * handed out least, of these the longest that still fits, of these the newest.
 */
export class BroadcastQueue {
	readonly #transmitLimit: () => number;
	readonly #countMax: number;
	/** By how often they were handed out; each list is in the order of use. */
	readonly #tiers: Broadcast[][] = [];
	readonly #byName = new Map<string, Broadcast>();
	#count = 0;
	#made = 0;

	/** Above `countMax` those that were sent most are dropped. */
	constructor(options: { readonly transmitLimit: () => number; readonly countMax: number }) {
		this.#transmitLimit = options.transmitLimit;
		this.#countMax = options.countMax;
	}

	get size(): number {
		return this.#count;
	}

	/**
	 * A named message takes the place of the queued one with that name. `onFinished` is called when it was sent often enough, was
	 * replaced or dropped.
	 */
	push(message: Uint8Array, options: { readonly name?: string; readonly onFinished?: () => void } = {}): void {
		const { name, onFinished } = options;
		if (name !== undefined) {
			const replaced = this.#byName.get(name);
			if (replaced !== undefined) this.#drop(replaced);
		}
		const broadcast = { name, message, onFinished, order: this.#made++, transmits: 0 };
		if (name !== undefined) this.#byName.set(name, broadcast);
		this.#insert(broadcast);
		if (this.#count > this.#countMax) this.#dropMostSent();
	}

	/** Messages that together, with `overheadBytes` for each, take at most `limitBytes`. */
	take(limitBytes: number, overheadBytes: number): readonly Uint8Array[] {
		if (this.#count === 0) return [];
		const taken: Broadcast[] = [];
		let leftBytes = limitBytes;
		for (const tier of this.#tiers) {
			for (;;) {
				// The longest that fits: the tier is sorted by length.
				const at = firstIndex(tier, ({ message }) => message.length + overheadBytes <= leftBytes);
				const broadcast = tier[at];
				if (broadcast === undefined) break;
				leftBytes -= broadcast.message.length + overheadBytes;
				tier.splice(at, 1);
				this.#count--;
				taken.push(broadcast);
			}
		}
		const limit = this.#transmitLimit();
		for (const broadcast of taken) {
			broadcast.transmits++;
			if (broadcast.transmits >= limit) this.#finish(broadcast);
			else this.#insert(broadcast);
		}
		return taken.map(({ message }) => message);
	}

	#insert(broadcast: Broadcast): void {
		while (this.#tiers.length <= broadcast.transmits) this.#tiers.push([]);
		const tier = this.#tiers[broadcast.transmits] as Broadcast[];
		tier.splice(
			firstIndex(tier, (other) => !isBefore(other, broadcast)),
			0,
			broadcast,
		);
		this.#count++;
	}

	#drop(broadcast: Broadcast): void {
		const tier = this.#tiers[broadcast.transmits] ?? [];
		const at = tier.indexOf(broadcast);
		if (at < 0) return;
		tier.splice(at, 1);
		this.#count--;
		this.#finish(broadcast);
	}

	#dropMostSent(): void {
		for (let transmits = this.#tiers.length - 1; transmits >= 0; transmits--) {
			const oldest = this.#tiers[transmits]?.at(-1);
			if (oldest !== undefined) {
				this.#drop(oldest);
				return;
			}
		}
	}

	#finish(broadcast: Broadcast): void {
		if (broadcast.name !== undefined && this.#byName.get(broadcast.name) === broadcast)
			this.#byName.delete(broadcast.name);
		broadcast.onFinished?.();
	}
}

function isBefore(a: Broadcast, b: Broadcast): boolean {
	return a.message.length > b.message.length || (a.message.length === b.message.length && a.order > b.order);
}

/** Where `fits` begins to hold in a list where it holds from some element on; the length when it never does. */
function firstIndex<T>(list: readonly T[], fits: (item: T) => boolean): number {
	let low = 0;
	let high = list.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (fits(list[middle] as T)) high = middle;
		else low = middle + 1;
	}
	return low;
}
