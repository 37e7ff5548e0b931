/**
 * Remembers results so that the same question is answered with the same object while nothing changed. Holds at most `weightMax`
 * (a result weighs 1 plus the number of records in it); beyond that the least recently used are forgotten, which costs their
 * next reader a new computation and nothing else. A single result above the limit is not kept.
 */
export class Memo<Value> {
	readonly #entries = new Map<string, { readonly stamp: number; readonly value: Value; readonly weight: number }>();
	readonly #weightMax: number;
	readonly #onForget: (key: string, value: Value) => void;
	#weight = 0;

	constructor(weightMax: number, onForget: (key: string, value: Value) => void = () => undefined) {
		this.#weightMax = weightMax;
		this.#onForget = onForget;
	}

	/** The result remembered under `key`, if it was computed at the same `stamp`. */
	get(key: string, stamp: number): Value | undefined {
		const entry = this.#entries.get(key);
		if (entry === undefined || entry.stamp !== stamp) return undefined;
		this.#entries.delete(key);
		this.#entries.set(key, entry);
		return entry.value;
	}

	set(key: string, stamp: number, value: Value, recordCount: number): void {
		this.delete(key);
		const weight = recordCount + 1;
		if (weight > this.#weightMax) return;
		this.#entries.set(key, { stamp, value, weight });
		this.#weight += weight;
		for (const oldest of this.#entries.keys()) {
			if (this.#weight <= this.#weightMax) break;
			this.delete(oldest);
		}
	}

	delete(key: string): void {
		const entry = this.#entries.get(key);
		if (entry === undefined) return;
		this.#entries.delete(key);
		this.#weight -= entry.weight;
		this.#onForget(key, entry.value);
	}

	clear(): void {
		for (const [key, { value }] of this.#entries) this.#onForget(key, value);
		this.#entries.clear();
		this.#weight = 0;
	}
}
