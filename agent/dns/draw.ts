import type { Random } from "../../lib/env/index.ts";

/**
 * A new array with the same elements in random order (Fisher-Yates from the front): the first few depend on the first few draws
 * only, so that `Drawer` can stop where an answer is full and still choose the same.
 */
export function drawAll<Item>(items: readonly Item[], random: Random): Item[] {
	const drawn = [...items];
	for (let at = 0; at < drawn.length - 1; at++) {
		const chosen = at + Math.floor(random.next() * (drawn.length - at));
		const kept = drawn[at] as Item;
		drawn[at] = drawn[chosen] as Item;
		drawn[chosen] = kept;
	}
	return drawn;
}

/**
 * A new array in random order in which an element of twice the weight is twice as likely to come before another (Efraimidis and
 * Spirakis 2006). Elements without weight stand last.
 */
export function drawWeighted<Item>(items: readonly Item[], weightOf: (item: Item) => number, random: Random): Item[] {
	const arrival = (weight: number) =>
		weight > 0 ? -Math.log(1 - random.next()) / weight : Number.MAX_VALUE * (0.5 + random.next() / 2);
	return items
		.map((item) => ({ item, arrival: arrival(weightOf(item)) }))
		.sort((a, b) => a.arrival - b.arrival)
		.map(({ item }) => item);
}

/** Draws some of the numbers below `count` without touching the others: the work is that of what is drawn. */
export class Drawer {
	readonly #numbers: Int32Array;
	readonly #swapped: Int32Array;

	constructor(count: number) {
		this.#numbers = Int32Array.from({ length: count }, (_, at) => at);
		this.#swapped = new Int32Array(count);
	}

	/** Hands numbers to `take` in the order of `drawAll`, until it says that it has enough. */
	draw(random: Random, take: (number: number) => boolean): void {
		const numbers = this.#numbers;
		const count = numbers.length;
		let at = 0;
		for (let enough = false; at < count && !enough; at++) {
			const chosen = at + Math.floor(random.next() * (count - at));
			const number = numbers[chosen] as number;
			numbers[chosen] = numbers[at] as number;
			numbers[at] = number;
			this.#swapped[at] = chosen;
			enough = take(number);
		}
		// Back to the order of counting, from which every draw begins.
		while (at-- > 0) {
			const chosen = this.#swapped[at] as number;
			const number = numbers[at] as number;
			numbers[at] = numbers[chosen] as number;
			numbers[chosen] = number;
		}
	}
}
