import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeRandom } from "../../lib/env/fake.ts";
import { Drawer, drawAll, drawWeighted } from "./draw.ts";

describe("drawing", () => {
	it("takes the first few as drawing all does, and every draw begins anew", () => {
		fc.assert(
			fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (seed, count, wanted) => {
				const drawer = new Drawer(count);
				const numbers = Array.from({ length: count }, (_, at) => at);
				for (const each of [seed, seed + 1]) {
					const drawn: number[] = [];
					drawer.draw(fakeRandom(each), (number) => drawn.push(number) >= wanted);
					expect(drawn).toEqual(drawAll(numbers, fakeRandom(each)).slice(0, wanted));
				}
			}),
		);
	});

	it("puts every element first equally often", () => {
		const random = fakeRandom(5);
		const first = [0, 0, 0, 0];
		for (let turn = 0; turn < 4000; turn++) {
			const at = drawAll([0, 1, 2, 3], random)[0] ?? 0;
			first[at] = (first[at] ?? 0) + 1;
		}
		for (const count of first) expect(Math.abs(count - 1000)).toBeLessThan(120);
	});

	it("puts an element first in the measure of its weight, one without weight last", () => {
		const random = fakeRandom(6);
		const first = new Map<number, number>();
		for (let turn = 0; turn < 6000; turn++) {
			const drawn = drawWeighted([1, 2, 3, 0], (weight) => weight, random);
			expect(drawn).toHaveLength(4);
			expect(drawn[3]).toBe(0);
			first.set(drawn[0] ?? -1, (first.get(drawn[0] ?? -1) ?? 0) + 1);
		}
		for (const weight of [1, 2, 3]) expect(Math.abs((first.get(weight) ?? 0) - weight * 1000)).toBeLessThan(150);
	});
});
