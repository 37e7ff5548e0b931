import type { TableName, TopicKind, Watches } from "./watches.ts";

/**
 * Collects what a read depends on: hand a fresh one to the reads of one answer, then `wait`. Costs nothing until then, and may
 * be dropped without ceremony.
 */
export class WatchSet {
	/** One or two, as a rule. */
	readonly #topics: string[] = [];
	readonly #prefixes: string[] = [];
	#watches: Watches | undefined;
	/** The number of changes at the first read. */
	#changes = 0;

	/**
	 * Calls `onChange` once, in a later turn, when something that the reads depend on has changed; the result then usually has
	 * a newer index. When anything at all changed between the reads and this call it is called without waiting (no change is
	 * missed; who waits in the same turn in which he read never meets this). The returned function ends the wait; it is
	 * idempotent, and `onChange` is not called after it.
	 */
	wait(onChange: () => void): () => void {
		const watches = this.#watches;
		if (watches === undefined) return () => undefined;
		if (watches.changes !== this.#changes) return watches.wakeSoon(onChange);
		return watches.wait(this.#topics, this.#prefixes, onChange);
	}

	/** For the state store: the read depends on this. */
	add(watches: Watches, kind: Exclude<TopicKind, "table">, name: string): void {
		this.#from(watches);
		note(this.#topics, `${kind}:${name}`);
	}

	/** For the state store: the read depends on the whole table. */
	addTable(watches: Watches, table: TableName): void {
		this.#from(watches);
		note(this.#topics, `table:${table}`);
	}

	/** For the state store: the read depends on every key that begins with `prefix`. */
	addPrefix(watches: Watches, prefix: string): void {
		this.#from(watches);
		note(this.#prefixes, prefix);
	}

	#from(watches: Watches): void {
		if (this.#watches !== undefined) return;
		this.#watches = watches;
		this.#changes = watches.changes;
	}
}

function note(names: string[], name: string): void {
	if (!names.includes(name)) names.push(name);
}
