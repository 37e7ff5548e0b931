import { PrefixMap } from "./prefix-map.ts";

/** What a result can depend on: one thing by name (`service` `web`), or all keys that begin with `name`. */
export type TopicKind = "table" | "node" | "node-services" | "node-checks" | "service" | "key";
export type TableName = "nodes" | "services" | "checks" | "sessions" | "queries" | "coordinates";

/** Runs `slice` soon, after what runs now (the write that wakes) is over: `setImmediate` in a process, the clock in a simulation. */
export type SliceScheduler = (slice: () => void) => void;

/** Waiters that are woken without giving way to others (decision 16); one takes a few microseconds before it re-reads. */
const wokenPerSliceMax = 256;

interface Waiter {
	readonly wake: () => void;
	/** The sets that hold this waiter, and how to forget one that is empty. */
	readonly places: Place[];
	done: boolean;
}

interface Place {
	readonly waiters: Set<Waiter>;
	readonly forgetWhenEmpty: () => void;
}

/**
 * Who waits for what. A change detaches the set of waiters of its topic, which costs the same for one and for 10,000 of them;
 * they are then woken in slices.
 */
export class Watches {
	readonly #topics = new Map<string, Set<Waiter>>();
	readonly #prefixes = new PrefixMap<Set<Waiter>>();
	readonly #schedule: SliceScheduler;
	#queue: Iterator<Waiter>[] = [];
	#scheduled = false;
	#changes = 0;
	/** What a transaction changed so far; nobody hears of it before it has succeeded. */
	#held: (() => void)[] | undefined;

	constructor(schedule: SliceScheduler) {
		this.#schedule = schedule;
	}

	/** Counts changes; equal numbers mean that nothing changed between. */
	get changes(): number {
		return this.#changes;
	}

	/** Distinct topics and prefixes that somebody waits for. */
	get size(): number {
		return this.#topics.size + this.#prefixes.size;
	}

	/** Keeps changes back until `release`. */
	hold(): void {
		this.#held = [];
	}

	/** Lets the changes that were kept back happen, or forgets them when they were taken back. */
	release(happened: boolean): void {
		const held = this.#held ?? [];
		this.#held = undefined;
		if (happened) for (const change of held) change();
	}

	/** Runs it now, or when the transaction that is running has succeeded: for forgetting what was remembered of a table. */
	whenHappened(action: () => void): void {
		if (this.#held === undefined) action();
		else this.#held.push(action);
	}

	/** Something named changed. */
	changed(kind: TopicKind, name: string): void {
		if (this.#held !== undefined) {
			this.#held.push(() => this.changed(kind, name));
			return;
		}
		this.#changes++;
		const topic = `${kind}:${name}`;
		const waiters = this.#topics.get(topic);
		if (waiters === undefined) return;
		this.#topics.delete(topic);
		this.#enqueue(waiters);
	}

	/** A key was written or deleted: wakes who waits for it and for prefixes of it. */
	keyChanged(key: string): void {
		if (this.#held !== undefined) {
			this.#held.push(() => this.keyChanged(key));
			return;
		}
		this.changed("key", key);
		this.#prefixes.forEachPrefixOf(key, (waiters, prefix) => {
			this.#prefixes.delete(prefix);
			this.#enqueue(waiters);
		});
	}

	/** Everything may have changed (a snapshot was restored). */
	allChanged(): void {
		this.#changes++;
		for (const waiters of this.#topics.values()) this.#enqueue(waiters);
		this.#topics.clear();
		for (const prefix of [...this.#prefixes.prefixes()]) {
			const waiters = this.#prefixes.get(prefix);
			this.#prefixes.delete(prefix);
			if (waiters !== undefined) this.#enqueue(waiters);
		}
	}

	/**
	 * Calls `wake` once, in a slice, after the next change of any of the topics or prefixes. The returned function ends the wait
	 * (idempotent; nothing is called afterwards).
	 */
	wait(topics: Iterable<string>, prefixes: Iterable<string>, wake: () => void): () => void {
		const waiter: Waiter = { wake, places: [], done: false };
		for (const topic of topics) {
			const waiters = this.#topics.get(topic) ?? new Set();
			this.#topics.set(topic, waiters);
			this.#place(waiter, waiters, () => {
				if (this.#topics.get(topic) === waiters) this.#topics.delete(topic);
			});
		}
		for (const prefix of prefixes) {
			const waiters = this.#prefixes.get(prefix) ?? new Set();
			this.#prefixes.set(prefix, waiters);
			this.#place(waiter, waiters, () => {
				if (this.#prefixes.get(prefix) === waiters) this.#prefixes.delete(prefix);
			});
		}
		return () => this.#finish(waiter);
	}

	/** As `wait`, for what changed already: wakes in the next slice. */
	wakeSoon(wake: () => void): () => void {
		const waiter: Waiter = { wake, places: [], done: false };
		this.#enqueue(new Set([waiter]));
		return () => this.#finish(waiter);
	}

	#place(waiter: Waiter, waiters: Set<Waiter>, forgetWhenEmpty: () => void): void {
		waiters.add(waiter);
		waiter.places.push({ waiters, forgetWhenEmpty });
	}

	#finish(waiter: Waiter): void {
		waiter.done = true;
		for (const { waiters, forgetWhenEmpty } of waiter.places) {
			waiters.delete(waiter);
			if (waiters.size === 0) forgetWhenEmpty();
		}
		waiter.places.length = 0;
	}

	#enqueue(waiters: Set<Waiter>): void {
		this.#queue.push(waiters.values());
		if (this.#scheduled) return;
		this.#scheduled = true;
		this.#schedule(() => this.#wakeSlice());
	}

	#wakeSlice(): void {
		let left = wokenPerSliceMax;
		while (left > 0) {
			const waiters = this.#queue[0];
			if (waiters === undefined) break;
			const next = waiters.next();
			if (next.done === true) {
				this.#queue.shift();
				continue;
			}
			const waiter = next.value;
			if (waiter.done) continue;
			this.#finish(waiter);
			waiter.wake();
			left--;
		}
		this.#scheduled = this.#queue.length > 0;
		if (this.#scheduled) this.#schedule(() => this.#wakeSlice());
	}
}
