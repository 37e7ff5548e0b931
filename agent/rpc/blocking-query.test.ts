import { describe, expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { StateStore } from "../state/index.ts";
import { createBlockingQueries } from "./blocking-query.ts";

function started(waitersMax?: number) {
	const clock = new FakeClock();
	const store = new StateStore({ wakeSlices: (slice) => void clock.after(0, slice) });
	const random = fakeRandom(7);
	const blocking = createBlockingQueries({ clock, random, ...(waitersMax === undefined ? {} : { waitersMax }) });
	let index = 0;
	const put = (key: string) =>
		store.kvWrite(++index, { operation: "set", key, value: new Uint8Array([index]), flags: 0n });
	return { clock, store, blocking, put };
}

describe("blocking queries", () => {
	it("end when their time is over, few timers for many of them", async () => {
		const { clock, store, blocking, put } = started();
		put("a");
		const ends: number[] = [];
		for (let number = 0; number < 5_000; number++) {
			const waiting = blocking.run((set) => store.kvGet("a", set), { minIndex: 1, maxWaitMs: 300_000 });
			void Promise.resolve(waiting).then(() => ends.push(clock.monotonicMs()));
		}
		expect(blocking.waiting()).toBe(5_000);
		expect(clock.pendingCount).toBeLessThan(100);
		await clock.advanceAsync(299_999);
		expect(ends).toHaveLength(0);
		await clock.advanceAsync(20_000);
		expect([ends.length, blocking.waiting(), clock.pendingCount]).toEqual([5_000, 0, 0]);
		expect(Math.min(...ends)).toBeGreaterThanOrEqual(300_000);
		expect(Math.max(...ends)).toBeLessThanOrEqual(300_000 * (1 + 1 / 16) + 250);
		expect(store.counts().watchedTopics).toBe(0);
	});

	it("leave nothing behind when they are woken or aborted", async () => {
		const { clock, store, blocking, put } = started();
		put("a");
		const controllers = Array.from({ length: 20 }, () => new AbortController());
		const outcomes = controllers.map(({ signal }) =>
			Promise.resolve(blocking.run((set) => store.kvGet("a", set), { minIndex: 1, maxWaitMs: 60_000, signal })).then(
				({ index }) => index,
				(error: { code: string }) => error.code,
			),
		);
		for (const controller of controllers.slice(0, 10)) controller.abort();
		put("b");
		put("a");
		await clock.advanceAsync(1);
		expect(await Promise.all(outcomes)).toEqual([...Array(10).fill("WAIT_ABORTED"), ...Array(10).fill(3)]);
		expect([blocking.waiting(), clock.pendingCount, store.counts().watchedTopics]).toEqual([0, 0, 0]);
	});

	it("are refused beyond their limit", () => {
		const { store, blocking } = started(1);
		const run = () => blocking.run((set) => store.kvGet("a", set), { minIndex: 1, maxWaitMs: 60_000 });
		void run();
		expect(run).toThrow(expect.objectContaining({ code: "WAITERS_TOO_MANY" }));
	});

	it("wait for what is read in slices, and read again when it changed meanwhile", async () => {
		const { clock, store, blocking, put } = started();
		for (let number = 0; number < 40_000; number++) put(`many/${number}`);
		const waiting = blocking.run((set) => store.kvListInSlices("many/", set), { minIndex: 40_000, maxWaitMs: 60_000 });
		put("many/0");
		await clock.advanceAsync(10);
		const { index, value: records } = await waiting;
		expect([index, records.length]).toEqual([40_001, 40_000]);
		// Read through without a change: it waits for the next one.
		const next = blocking.run((set) => store.kvListInSlices("many/1", set), { minIndex: 40_001, maxWaitMs: 60_000 });
		await clock.advanceAsync(1_000);
		expect(blocking.waiting()).toBe(1);
		put("many/1");
		await clock.advanceAsync(10);
		expect((await next).index).toBe(40_002);
		// One that is aborted, and one whose time is over, while they are read.
		const signal = AbortSignal.abort();
		const options = { minIndex: 50_000, maxWaitMs: 1 };
		await expect(
			blocking.run((set) => store.kvListInSlices("many/", set), { ...options, signal }),
		).rejects.toMatchObject({ code: "WAIT_ABORTED" });
		put("many/2");
		const due = blocking.run((set) => store.kvListInSlices("many/", set), options);
		await clock.advanceAsync(100);
		expect((await due).index).toBe(40_003);
		expect([blocking.waiting(), store.counts().watchedTopics]).toEqual([0, 0]);
	});
});
