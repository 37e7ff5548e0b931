import type { WireRequest } from "./sides.ts";

/** A request in which `{s0}` or `{q1}` stand for ids that earlier answers gave; `gives` is the name of the one in its answer. */
export interface Step extends WireRequest {
	readonly gives?: string;
	/** Anti-entropy of the reference has to run before reads of the catalog fit again. */
	readonly settles?: boolean;
}

/** A small generator of numbers from a seed (mulberry32). */
export class Dice {
	#state: number;
	constructor(seed: number) {
		this.#state = seed >>> 0;
	}
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	}
	below(count: number): number {
		return Math.floor(this.next() * count);
	}
	one<Item>(items: readonly Item[]): Item {
		return items[this.below(items.length)] as Item;
	}
	/** True once in `of`. */
	chance(of: number): boolean {
		return this.below(of) === 0;
	}
	some<Item>(items: readonly Item[], max: number): Item[] {
		return Array.from({ length: this.below(max + 1) }, () => this.one(items));
	}
	maybe(of: number, make: () => object): object {
		return this.chance(of) ? make() : {};
	}
}
