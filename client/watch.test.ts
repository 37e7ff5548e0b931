import { expect, test } from "vitest";
import type { Clock } from "../lib/env/index.ts";
import { DiscoError } from "../lib/errors.ts";
import { type ReadResult, type WatchFailure, type WatchOptions, type WatchQuery, watch } from "./index.ts";

type Step =
	| { readonly index: number; readonly value?: string; readonly tookMs?: number }
	| { readonly error: DiscoError };

/** Time that jumps to the next timer as soon as one is set; `pauses` are the delays asked for. */
function jumpingClock() {
	let nowMs = 0;
	const pauses: number[] = [];
	const clock: Clock = {
		nowMs: () => nowMs,
		monotonicMs: () => nowMs,
		after(delayMs, callback) {
			pauses.push(delayMs);
			let cancelled = false;
			setImmediate(() => {
				if (cancelled) return;
				nowMs += delayMs;
				callback();
			});
			return {
				cancel: () => {
					cancelled = true;
				},
			};
		},
	};
	return {
		clock,
		pauses,
		pass: (ms: number) => {
			nowMs += ms;
		},
	};
}

/** Follows scripted answers to the end of the script. */
async function follow(script: readonly Step[], options: Partial<WatchOptions> = {}) {
	const { clock, pauses, pass } = jumpingClock();
	const controller = new AbortController();
	const asked: number[] = [];
	const given: (string | number)[] = [];
	const read = async ({ index }: WatchQuery): Promise<ReadResult<string>> => {
		asked.push(index);
		const step = script[asked.length - 1];
		if (step === undefined) {
			controller.abort();
			throw new Error("aborted");
		}
		if ("error" in step) throw step.error;
		pass(step.tookMs ?? 1000);
		return { value: step.value ?? "", index: step.index, knownLeader: true, lastContactMs: 0 };
	};
	let failure: unknown;
	try {
		for await (const answer of watch(read, {
			clock,
			random: { next: () => 0.5 },
			signal: controller.signal,
			...options,
		})) {
			given.push(answer.value === "" ? answer.index : answer.value);
		}
	} catch (error) {
		failure = error;
	}
	return { asked, given, pauses, failure };
}

const down = new DiscoError("AGENT_UNREACHABLE", "down", { retryable: true });
const denied = new DiscoError("HTTP_STATUS", "denied");

test("the first answer, then each with a changed index", async () => {
	const { asked, given } = await follow([{ index: 5 }, { index: 5 }, { index: 7 }, { index: 7 }]);
	expect(asked).toEqual([0, 5, 5, 7, 7]);
	expect(given).toEqual([5, 7]);
});

test("an index that goes backwards starts anew from 0, without giving the older answer", async () => {
	const { asked, given } = await follow([
		{ index: 9, value: "new" },
		{ index: 4, value: "older" },
		{ index: 4, value: "again" },
		{ index: 6, value: "next" },
	]);
	expect(asked).toEqual([0, 9, 0, 4, 6]);
	expect(given).toEqual(["new", "again", "next"]);
});

test("an answer without an index is polled, not waited on", async () => {
	const { asked, given, pauses } = await follow([
		{ index: 0, value: "a" },
		{ index: 0, value: "b" },
	]);
	expect(asked).toEqual([0, 0, 0]);
	expect(given).toEqual(["a", "b"]);
	expect(pauses).toEqual([2000, 2000]);
});

test("an agent that does not block is not asked in a spin, a burst of changes is followed at once", async () => {
	const burst = Array.from({ length: 40 }, (_, i) => ({ index: i + 1, tookMs: 1 }));
	const { given, pauses } = await follow(burst);
	expect(given).toHaveLength(40);
	expect(pauses).toHaveLength(20);
	expect(new Set(pauses)).toEqual(new Set([200]));
});

test("failures are retried with a growing pause, which starts anew after a success", async () => {
	const heard: WatchFailure[] = [];
	const { given, pauses, asked } = await follow(
		[{ index: 3 }, { error: down }, { error: down }, { error: down }, { index: 4 }, { error: down }],
		{
			backoff: { firstMs: 100, maxMs: 250 },
			onError: (failure) => {
				heard.push(failure);
				return "retry";
			},
		},
	);
	expect(given).toEqual([3, 4]);
	expect(asked).toEqual([0, 3, 0, 0, 0, 4, 0]);
	expect(pauses).toEqual([75, 150, 187.5, 75]);
	expect(heard.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1]);
});

test("an agent that was gone is not asked to wait: it may have lost its data, and counts from the beginning", async () => {
	const { asked, given } = await follow([
		{ index: 90, value: "old" },
		{ error: down },
		{ index: 5, value: "unsure" },
		{ index: 5, value: "new" },
		{ error: down },
		{ index: 5, value: "another, by chance of the same index" },
		{ index: 6, value: "next" },
	]);
	expect(asked).toEqual([0, 90, 0, 0, 5, 0, 5, 6]);
	expect(given).toEqual(["old", "new", "another, by chance of the same index", "next"]);
});

test("without a say, what cannot pass by itself ends the loop", async () => {
	const { given, failure } = await follow([{ index: 1 }, { error: down }, { error: denied }, { index: 2 }]);
	expect(given).toEqual([1]);
	expect(failure).toBe(denied);
});

test("stop ends the loop with the error", async () => {
	expect((await follow([{ error: down }], { onError: () => "stop" })).failure).toBe(down);
});

test("the signal ends a pause at once", async () => {
	const controller = new AbortController();
	const never: Clock = { nowMs: () => 0, monotonicMs: () => 0, after: () => ({ cancel: () => {} }) };
	const answers = watch(() => Promise.reject(down), {
		clock: never,
		random: { next: () => 0 },
		signal: controller.signal,
		onError: () => {
			setImmediate(() => controller.abort());
			return "retry";
		},
	});
	expect(await answers.next()).toEqual({ done: true, value: undefined });
});
