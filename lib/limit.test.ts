import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createLimit } from "./limit.ts";

describe("createLimit", () => {
	it("does not count the time in which the process stood still", async () => {
		const { signal } = createLimit(new AbortController().signal, 200);
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
		// Timers run, and then what has arrived from the network in the meantime.
		await setImmediate();
		await setImmediate();
		expect(signal.aborted).toBe(false);
		await once(signal, "abort");
	});

	it("is aborted with the signal that it was given, and not after its end", async () => {
		const outer = new AbortController();
		const limit = createLimit(outer.signal, 60_000);
		const ended = createLimit(outer.signal, 1);
		ended.end();
		outer.abort();
		expect([limit.signal.aborted, ended.signal.aborted]).toEqual([true, false]);
		limit.end();
		const late = createLimit(outer.signal, 60_000);
		expect(late.signal.aborted).toBe(true);
		late.end();
	});
});
