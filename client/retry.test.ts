import { expect, expectTypeOf, test } from "vitest";
import type { KvPair, ServiceEntry } from "../lib/api/index.ts";
import { FakeClock } from "../lib/env/fake.ts";
import { DiscoError } from "../lib/errors.ts";
import { type Change, type Client, createClient, type HeldLock, retry } from "./index.ts";

const passing = () => new DiscoError("AGENT_UNREACHABLE", "away", { retryable: true });

test("what may pass by itself is tried again, with growing pauses of which a random half is cut off", async () => {
	const clock = new FakeClock();
	const at: number[] = [];
	const call = async () => {
		at.push(clock.monotonicMs());
		if (at.length < 4) throw passing();
		return "there";
	};
	const answer = retry(call, { clock, random: { next: () => 0 }, backoff: { firstMs: 100 } });
	await clock.advanceAsync(10_000);
	expect(await answer).toBe("there");
	expect(at).toEqual([0, 50, 150, 350]);
});

test("the last error after the last try; at once when a retry cannot help or nobody waits any more", async () => {
	const clock = new FakeClock();
	for (const [error, options, tries] of [
		[passing(), { attemptsMax: 3 }, 3],
		[new DiscoError("KV_KEY_EMPTY", "empty"), {}, 1],
		[passing(), { signal: AbortSignal.abort() }, 1],
	] as const) {
		let count = 0;
		const result = retry(
			async () => {
				count++;
				throw error;
			},
			{ clock, ...options },
		).catch((thrown: unknown) => thrown);
		await clock.advanceAsync(60_000);
		expect(await result).toBe(error);
		expect(count).toBe(tries);
	}
});

test("types", () => {
	const client = createClient();
	expectTypeOf(client).toEqualTypeOf<Client>();
	expectTypeOf(client.changes.service).returns.toExtend<AsyncIterable<Change<readonly ServiceEntry[]>>>();
	expectTypeOf(client.changes.key).returns.toExtend<AsyncIterable<Change<KvPair | undefined>>>();
	expectTypeOf(client.lock).returns.resolves.toEqualTypeOf<HeldLock>();
	expectTypeOf<HeldLock>().toExtend<AsyncDisposable>();
	expectTypeOf(retry(async () => 1)).resolves.toEqualTypeOf<number>();
	// @ts-expect-error a number of holders is needed
	const missing: Parameters<Client["semaphore"]> = ["a"];
	expect(missing).toHaveLength(1);
	client.close();
});
