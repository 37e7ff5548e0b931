import { expect, test } from "vitest";
import { FakeClock } from "../lib/env/fake.ts";
import { createQuiescence } from "./quiescence.ts";

function followed(wait: { minMs: number; maxMs: number } | undefined) {
	const clock = new FakeClock();
	const startMs = clock.monotonicMs();
	const at: number[] = [];
	const quiescence = createQuiescence(wait, clock, () => at.push(clock.monotonicMs() - startMs));
	return { clock, at, quiescence };
}

test("without a wait each change counts at once", () => {
	const { at, quiescence } = followed(undefined);
	quiescence.touch();
	quiescence.touch();
	expect(at).toEqual([0, 0]);
});

test("quiet for min after the last change", () => {
	const { clock, at, quiescence } = followed({ minMs: 100, maxMs: 1000 });
	quiescence.touch();
	clock.advance(60);
	quiescence.touch();
	clock.advance(60);
	quiescence.touch();
	clock.advance(1000);
	expect(at).toEqual([220]);
});

test("at the latest max after the first change, then anew", () => {
	const { clock, at, quiescence } = followed({ minMs: 100, maxMs: 250 });
	for (let i = 0; i < 8; i++) {
		quiescence.touch();
		clock.advance(60);
	}
	clock.advance(1000);
	expect(at).toEqual([250, 520]);
});

test("cancel forgets", () => {
	const { clock, at, quiescence } = followed({ minMs: 100, maxMs: 250 });
	quiescence.touch();
	quiescence.cancel();
	clock.advance(1000);
	expect(at).toEqual([]);
});
