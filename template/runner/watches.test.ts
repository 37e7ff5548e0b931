import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../lib/env/fake.ts";
import type { Dependency, Fetched, FetchOptions } from "../dependencies/index.ts";
import { createWatches, type WatchSettings } from "./watches.ts";

/** Watches whose reads a test answers. */
function world(more: Partial<WatchSettings> = {}) {
	const clock = new FakeClock();
	const log: string[] = [];
	const reads: { readonly options: FetchOptions; answer(fetched: Fetched): void }[] = [];
	const dependency: Dependency = { id: "a", fetch: () => Promise.reject(new Error("not asked")) };
	const watches = createWatches({
		clock,
		random: { next: () => 1, bytes: () => new Uint8Array() },
		fetch: (_dependency, options) =>
			new Promise((answer) => {
				reads.push({ options, answer });
			}),
		waitMs: 60_000,
		maxStaleMs: 0,
		retry: { attempts: 0, backoffMs: 250, maxBackoffMs: 60_000 },
		honourNoRetry: false,
		firstValueOnly: false,
		errOnFailedLookup: false,
		onAbsent: () => {},
		onValue: (_dependency, value) => log.push(`value ${String(value)}`),
		onRetry: () => {},
		onAnswer: () => log.push("answer"),
		onHang: ({ id }) => log.push(`${id} hung`),
		onFailed: () => {},
		...more,
	});
	const end = async () => {
		const closed = watches.close();
		for (const { answer } of reads) answer({ value: 0, index: 1, lastContactMs: 0 });
		await closed;
	};
	return { clock, log, reads, dependency, watches, end };
}

describe("a watch", () => {
	it("that neither answers nor fails is begun anew, and only that", async () => {
		const { clock, log, reads, dependency, watches, end } = world();
		watches.ensure(dependency);
		await settle();
		reads[0]?.answer({ value: 1, index: 7, lastContactMs: 0 });
		await settle();
		await clock.advanceAsync(200);
		expect(reads.map(({ options }) => options.index)).toEqual([0, 7]);
		// The longest that a blocking read takes by itself: its wait, a sixteenth of it, and the client's 15 s.
		await clock.advanceAsync(78_000);
		expect(log).toEqual(["answer", "value 1"]);
		await clock.advanceAsync(30_000);
		expect(log).toEqual(["answer", "value 1", "a hung"]);
		expect(reads.map(({ options }) => [options.index, options.signal.aborted])).toEqual([
			[0, true],
			[7, true],
			[0, false],
		]);
		reads[2]?.answer({ value: 2, index: 9, lastContactMs: 0 });
		await settle();
		// What hung counts for nothing when it answers after all.
		reads[1]?.answer({ value: "old", index: 8, lastContactMs: 0 });
		await settle();
		expect(log.slice(3)).toEqual(["answer", "value 2"]);
		expect(watches.size()).toBe(1);
		await end();
	});

	it("that answers unchanged for hours is left alone, and each answer is told", async () => {
		const { clock, log, reads, dependency, watches, end } = world();
		watches.ensure(dependency);
		await settle();
		for (let round = 0; round < 100; round++) {
			reads.at(-1)?.answer({ value: 1, index: 7, lastContactMs: 0 });
			await settle();
			await clock.advanceAsync(63_000);
		}
		expect(log.filter((line) => line === "answer")).toHaveLength(100);
		expect(log.filter((line) => line !== "answer")).toEqual(["value 1"]);
		watches.release(new Set());
		expect(watches.has("a")).toBe(false);
		await end();
	});

	it("asks the leader when an answer is older than max_stale", async () => {
		const { log, reads, dependency, watches, end } = world({ maxStaleMs: 2_000 });
		watches.ensure(dependency);
		await settle();
		reads[0]?.answer({ value: "stale", index: 7, lastContactMs: 2_001 });
		await settle();
		reads[1]?.answer({ value: "current", index: 8, lastContactMs: 0 });
		await settle();
		expect(reads.slice(0, 2).map(({ options }) => options.consistency)).toEqual(["stale", "default"]);
		expect(log).toEqual(["answer", "value current"]);
		await end();
	});
});
