import { PrefixMap } from "./prefix-map.ts";

/** What a result can depend on: one thing by name (`service` `web`), or all keys that begin with `name`. */
export type TopicKind = "table" | "node" | "node-services" | "node-checks" | "service" | "named-checks" | "key";
export type TableName = "nodes" | "services" | "checks" | "sessions" | "queries" | "coordinates";

/** Runs `slice` soon, after what runs now (the write that wakes) is over: `setImmediate` in a process, the clock in a simulation. */
export type SliceScheduler = (slice: () => void) => void;

/** Waiters that are woken without giving way to others (decision 16); one takes a few microseconds before it re-reads. */
const wokenPerSliceMax = 256;

interface Waiter {
	readonly wake: () => void;
	readonly topics: Topic[];
	done: boolean;
}

/** Who waits for one thing. Thousands may: what each of them takes is kept small. */
class Topic {
	readonly name: string;
	readonly isPrefix: boolean;
	readonly waiters = new Set<Waiter>();

	constructor(name: string, isPrefix: boolean) {
		this.name = name;
		this.isPrefix = isPrefix;
	}
}

/**
 * Who waits for what. A change detaches the set of waiters of its topic, which costs the same for one and for 10,000 of them;
 * they are then woken in slices.
 */
export class Watches {
	readonly #topics = new Map<string, Topic>();
	readonly #prefixes = new PrefixMap<Topic>();
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

	/** Resolves soon, after others had their turn. */
	pause(): Promise<void> {
		return new Promise((resolve) => this.#schedule(resolve));
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
		const topic = this.#topics.get(`${kind}:${name}`);
		if (topic === undefined) return;
		this.#topics.delete(topic.name);
		this.#enqueue(topic.waiters);
	}

	/** A key was written or deleted: wakes who waits for it and for prefixes of it. */
	keyChanged(key: string): void {
		if (this.#held !== undefined) {
			this.#held.push(() => this.keyChanged(key));
			return;
		}
		this.changed("key", key);
		this.#prefixes.forEachPrefixOf(key, (topic, prefix) => {
			this.#prefixes.delete(prefix);
			this.#enqueue(topic.waiters);
		});
	}

	/** Everything may have changed (a snapshot was restored). */
	allChanged(): void {
		this.#changes++;
		for (const topic of this.#topics.values()) this.#enqueue(topic.waiters);
		this.#topics.clear();
		for (const prefix of [...this.#prefixes.prefixes()]) {
			const topic = this.#prefixes.get(prefix);
			this.#prefixes.delete(prefix);
			if (topic !== undefined) this.#enqueue(topic.waiters);
		}
	}

	/**
	 * Calls `wake` once, in a slice, after the next change of any of the topics or prefixes. The returned function ends the wait
	 * (idempotent; nothing is called afterwards).
	 */
	wait(topics: Iterable<string>, prefixes: Iterable<string>, wake: () => void): () => void {
		const waiter: Waiter = { wake, topics: [], done: false };
		for (const name of topics) {
			const topic = this.#topics.get(name) ?? new Topic(name, false);
			if (topic.waiters.size === 0) this.#topics.set(name, topic);
			place(waiter, topic);
		}
		for (const prefix of prefixes) {
			const topic = this.#prefixes.get(prefix) ?? new Topic(prefix, true);
			if (topic.waiters.size === 0) this.#prefixes.set(prefix, topic);
			place(waiter, topic);
		}
		return () => this.#finish(waiter);
	}

	/** As `wait`, for what changed already: wakes in the next slice. */
	wakeSoon(wake: () => void): () => void {
		const waiter: Waiter = { wake, topics: [], done: false };
		this.#enqueue(new Set([waiter]));
		return () => this.#finish(waiter);
	}

	#finish(waiter: Waiter): void {
		if (waiter.done) return;
		waiter.done = true;
		for (const topic of waiter.topics) {
			topic.waiters.delete(waiter);
			if (topic.waiters.size === 0) this.#forget(topic);
		}
	}

	/** Unless others wait for the same thing since it changed. */
	#forget(topic: Topic): void {
		const { name, isPrefix } = topic;
		if (isPrefix && this.#prefixes.get(name) === topic) this.#prefixes.delete(name);
		if (!isPrefix && this.#topics.get(name) === topic) this.#topics.delete(name);
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

function place(waiter: Waiter, topic: Topic): void {
	topic.waiters.add(waiter);
	waiter.topics.push(topic);
}
