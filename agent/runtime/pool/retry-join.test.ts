import { afterEach, expect, it } from "vitest";
import { FakeClock } from "../../../lib/env/fake.ts";
import { silentLogger } from "../../../lib/log/index.ts";
import { type RetryJoin, retryJoin } from "./retry-join.ts";

let clock: FakeClock;
let attemptsMs: number[];
let joinable: boolean;
let retrying: RetryJoin | undefined;

function start(options: { readonly attemptsMax?: number; readonly beginsSoon?: boolean } = {}): RetryJoin {
	clock = new FakeClock();
	attemptsMs = [];
	joinable = false;
	const beginMs = clock.monotonicMs();
	retrying = retryJoin({
		addresses: ["10.0.0.1"],
		intervalMs: 30_000,
		beginsSoon: options.beginsSoon ?? true,
		attemptsMax: options.attemptsMax ?? 0,
		join: async () => {
			attemptsMs.push(clock.monotonicMs() - beginMs);
			if (!joinable) throw new Error("nobody is there");
		},
		clock,
		logger: silentLogger,
	});
	return retrying;
}
afterEach(() => retrying?.close());

it("waits twice as long each time, up to the interval, until it has joined", async () => {
	const { done } = start();
	await clock.advanceAsync(100_000);
	expect(attemptsMs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
	joinable = true;
	await clock.advanceAsync(60_000);
	await done;
	expect(attemptsMs).toHaveLength(9);
});

it("as the reference, waits the interval each time", async () => {
	void start({ beginsSoon: false });
	await clock.advanceAsync(65_000);
	expect(attemptsMs).toEqual([0, 30_000, 60_000]);
});

it("gives up after the last attempt with its error; closed, it tries no more", async () => {
	const { done } = start({ attemptsMax: 2 });
	const failed = expect(done).rejects.toThrow("nobody is there");
	await clock.advanceAsync(90_000);
	await failed;
	expect(attemptsMs).toEqual([0, 30_000, 60_000]);
	start().close();
	await clock.advanceAsync(90_000);
	expect(attemptsMs).toEqual([0]);
});
