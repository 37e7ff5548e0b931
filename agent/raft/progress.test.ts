import { expect, it } from "vitest";
import { FakeClock } from "../../lib/env/fake.ts";
import { Progress } from "./progress.ts";

it("is told each two seconds of a long piece of work, and not of short ones", () => {
	const clock = new FakeClock();
	const told: string[] = [];
	const progress = new Progress(clock, ({ entryCount }) => told.push(`${clock.monotonicMs()}: ${entryCount}`));
	for (let piece = 0; piece < 5; piece++) {
		progress.at({ stage: "applied", entryCount: piece, ofCount: 9 });
		clock.advance(1_500);
		progress.at({ stage: "applied", entryCount: piece, ofCount: 9 });
		progress.done();
	}
	expect(told).toEqual([]);
	for (let count = 0; count < 50; count++) {
		progress.at({ stage: "read", entryCount: count });
		clock.advance(100);
	}
	expect(told).toEqual(["9500: 20", "11500: 40"]);
});
