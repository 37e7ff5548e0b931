import { describe, expect, it } from "vitest";
import { FakeClock } from "../../lib/env/fake.ts";
import { createQuiescence } from "./quiescence.ts";

function waiting(minMs: number, maxMs: number) {
	const clock = new FakeClock();
	const calmAtMs: number[] = [];
	const quiescence = createQuiescence(clock, { minMs, maxMs }, () => calmAtMs.push(clock.monotonicMs()));
	return { clock, quiescence, calmAtMs };
}

describe("quiescence", () => {
	it("waits MIN after the last change", () => {
		const { clock, quiescence, calmAtMs } = waiting(100, 1_000);
		quiescence.tick();
		clock.advance(60);
		quiescence.tick();
		clock.advance(99);
		expect(calmAtMs).toEqual([]);
		clock.advance(1);
		expect(calmAtMs).toEqual([160]);
		expect(quiescence.active()).toBe(false);
	});

	it("waits no longer than MAX from the first change", () => {
		const { clock, quiescence, calmAtMs } = waiting(100, 250);
		for (let change = 0; change < 4; change++) {
			quiescence.tick();
			clock.advance(80);
		}
		expect(calmAtMs).toEqual([250]);
	});

	it("begins anew after calm", () => {
		const { clock, quiescence, calmAtMs } = waiting(100, 250);
		quiescence.tick();
		clock.advance(500);
		quiescence.tick();
		clock.advance(500);
		expect(calmAtMs).toEqual([100, 600]);
	});

	it("does nothing after cancel", () => {
		const { clock, quiescence, calmAtMs } = waiting(100, 250);
		quiescence.tick();
		quiescence.cancel();
		clock.advance(1_000);
		expect(calmAtMs).toEqual([]);
	});
});
