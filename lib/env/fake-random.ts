import type { Random } from "./random.ts";

/** Chance from a seed: the same seed gives the same numbers (mulberry32). Not for keys. */
export function fakeRandom(seed: number): Random {
	let state = seed | 0;
	const next = () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	return { next, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
	return low + Math.floor(random.next() * (high - low + 1));
}
