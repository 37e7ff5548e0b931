import { type Random, shuffle } from "../../../lib/env/index.ts";
import { isGone, type PoolNode } from "./pool-node.ts";

/** A node whose fields may change: only `Members` does that. */
export type MutableNode = { -readonly [Field in keyof PoolNode]: PoolNode[Field] };

/** All nodes that are known, and the order in which they are probed. */
export class NodeList {
	readonly #random: Random;
	readonly #byName = new Map<string, MutableNode>();
	#order: MutableNode[] = [];
	#probeAt = 0;

	constructor(random: Random) {
		this.#random = random;
	}

	/** Dead ones included until they are dropped. */
	get size(): number {
		return this.#order.length;
	}

	get(name: string): MutableNode | undefined {
		return this.#byName.get(name);
	}

	all(): readonly PoolNode[] {
		return this.#order;
	}

	/** Puts the node at a random place of the probe order (SWIM §4.3: a bounded time until it is probed). */
	add(node: MutableNode): void {
		const at = Math.floor(this.#random.next() * (this.#order.length + 1));
		this.#byName.set(node.name, node);
		this.#order.push(node);
		const moved = this.#order[at] as MutableNode;
		this.#order[at] = node;
		this.#order[this.#order.length - 1] = moved;
	}

	/** The next node to probe; after each round those that `isForgotten` says are dropped and the order is shuffled. */
	nextToProbe(isProbed: (node: PoolNode) => boolean, isForgotten: (node: PoolNode) => boolean): PoolNode | undefined {
		for (let checked = 0; checked <= this.#order.length; checked++) {
			if (this.#probeAt >= this.#order.length) {
				this.#order = shuffle(
					this.#order.filter((node) => !isForgotten(node)),
					this.#random,
				);
				const kept = new Set(this.#order);
				for (const [name, node] of this.#byName) if (!kept.has(node)) this.#byName.delete(name);
				this.#probeAt = 0;
			}
			const node = this.#order[this.#probeAt++];
			if (node !== undefined && isProbed(node)) return node;
		}
		return undefined;
	}

	/** Up to `count` different nodes by chance that fit. Gives up after a bounded number of tries, as the peers do. */
	sample(count: number, fits: (node: PoolNode) => boolean): readonly PoolNode[] {
		const chosen: PoolNode[] = [];
		const size = this.#order.length;
		for (let tries = 0; tries < 3 * size && chosen.length < count; tries++) {
			const node = this.#order[Math.floor(this.#random.next() * size)] as PoolNode;
			if (fits(node) && !chosen.includes(node)) chosen.push(node);
		}
		return chosen;
	}

	aliveCount(): number {
		let count = 0;
		for (const node of this.#order) if (!isGone(node)) count++;
		return count;
	}
}
