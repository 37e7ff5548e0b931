import sortedBtree from "sorted-btree";
import type { Journal } from "./journal.ts";

// The package is CommonJS: Node and esbuild give `module.exports`, Vitest unwraps its `default`.
const BTree: typeof sortedBtree.default = "default" in sortedBtree ? sortedBtree.default : sortedBtree;

/** Native order of strings; no key is equal to another without being the same. */
function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * A sorted map whose `clone` costs nothing: the copies share their nodes until one of them writes. Keys are in the form that
 * `byteOrderKey` and `compositeKey` give.
 */
export class OrderedMap<Value> {
	#tree: InstanceType<typeof BTree<string, Value>>;
	readonly #journal: Journal | undefined;

	/** With a journal, what is written during a transaction can be taken back. */
	constructor(journal?: Journal) {
		this.#journal = journal;
		this.#tree = new BTree<string, Value>(undefined, compare);
	}

	get size(): number {
		return this.#tree.size;
	}

	get(key: string): Value | undefined {
		return this.#tree.get(key);
	}

	has(key: string): boolean {
		return this.#tree.has(key);
	}

	set(key: string, value: Value): void {
		if (this.#journal?.recording === true) this.#noteInverse(this.#journal, key);
		this.#tree.set(key, value);
	}

	delete(key: string): boolean {
		if (this.#journal?.recording === true) this.#noteInverse(this.#journal, key);
		return this.#tree.delete(key);
	}

	/** In key order. Writing while iterating is not allowed; iterate over a clone for that. */
	values(): IterableIterator<Value> {
		return this.#tree.values();
	}

	entries(): IterableIterator<[string, Value]> {
		return this.#tree.entries();
	}

	/** Calls `visit` for each key that begins with `prefix`, in order, until it returns false. */
	forEachPrefixed(prefix: string, visit: (value: Value, key: string) => boolean | undefined): void {
		this.#tree.forRange(prefix, highestKey, true, (key, value) =>
			key.startsWith(prefix) && visit(value, key) !== false ? undefined : { break: true },
		);
	}

	/**
	 * As `forEachPrefixed`, at most `countMax` of them and only those above the key `after`. Gives the last key that was visited
	 * when there may be more, else undefined.
	 */
	visitSome(
		prefix: string,
		range: { readonly after: string | undefined; readonly countMax: number },
		visit: (value: Value) => void,
	): string | undefined {
		const { after, countMax } = range;
		let count = 0;
		let last: string | undefined;
		let isOver = true;
		this.#tree.forRange(after ?? prefix, highestKey, true, (key, value) => {
			if (key === after) return undefined;
			if (!key.startsWith(prefix)) return { break: true };
			if (count === countMax) {
				isOver = false;
				return { break: true };
			}
			visit(value);
			count++;
			last = key;
			return undefined;
		});
		return isOver ? undefined : last;
	}

	/** The values whose key begins with `prefix`, in key order. */
	prefixed(prefix: string): Value[] {
		const found: Value[] = [];
		this.forEachPrefixed(prefix, (value) => {
			found.push(value);
			return true;
		});
		return found;
	}

	/** The value with the lowest key that begins with `prefix`. */
	firstPrefixed(prefix: string): Value | undefined {
		const pair = this.#tree.getPairOrNextHigher(prefix);
		return pair?.[0].startsWith(prefix) ? pair[1] : undefined;
	}

	clone(): OrderedMap<Value> {
		const copy = new OrderedMap<Value>();
		copy.#tree = this.#tree.clone();
		return copy;
	}

	#noteInverse(journal: Journal, key: string): void {
		const before = this.#tree.get(key);
		journal.note(() => {
			if (before === undefined) this.#tree.delete(key);
			else this.#tree.set(key, before);
		});
	}
}

/** Above every key: no key holds so many of the highest unit. The visitor stops the walk long before. */
const highestKey = "\uffff".repeat(64);
