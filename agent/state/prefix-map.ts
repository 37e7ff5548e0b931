/**
 * Values filed under prefixes; finds all prefixes of a given key.
 *
 * One hash look-up per length in use that the key is long enough for. Lengths in use are few (callers watch prefixes such as
 * `service/api/`), and a key bounds them by its own length.
 */
export class PrefixMap<Value> {
	readonly #values = new Map<string, Value>();
	/** Length -> how many prefixes have it. */
	readonly #lengths = new Map<number, number>();

	get size(): number {
		return this.#values.size;
	}

	get(prefix: string): Value | undefined {
		return this.#values.get(prefix);
	}

	set(prefix: string, value: Value): void {
		if (!this.#values.has(prefix)) this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
		this.#values.set(prefix, value);
	}

	delete(prefix: string): void {
		if (!this.#values.delete(prefix)) return;
		const left = (this.#lengths.get(prefix.length) ?? 1) - 1;
		if (left === 0) this.#lengths.delete(prefix.length);
		else this.#lengths.set(prefix.length, left);
	}

	clear(): void {
		this.#values.clear();
		this.#lengths.clear();
	}

	/** In the order in which they were filed. */
	prefixes(): IterableIterator<string> {
		return this.#values.keys();
	}

	/** Calls `visit` for each prefix of `key`, the key itself included. `visit` may delete what it is given. */
	forEachPrefixOf(key: string, visit: (value: Value, prefix: string) => void): void {
		if (this.#values.size === 0) return;
		for (const length of this.#lengths.keys()) {
			if (length > key.length) continue;
			const prefix = key.slice(0, length);
			const value = this.#values.get(prefix);
			if (value !== undefined) visit(value, prefix);
		}
	}
}
