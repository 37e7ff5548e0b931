import { expect, it } from "vitest";
import { runLargePool } from "./large-pool.ts";

it("a formed pool hears events, sees members killed, one leave and new ones come; the same seed is the same run", async () => {
	const scenario = { seed: 3, nodeCount: 80, lossRate: 0.1 };
	const first = await runLargePool(scenario);
	expect(first.violations).toEqual([]);
	expect(first.spreads.map(({ untilMs }) => untilMs.at(-1))).not.toContain(undefined);
	expect(await runLargePool(scenario)).toEqual(first);
	expect((await runLargePool({ ...scenario, seed: 4, steps: ["event"] })).traceHash).not.toBe(first.traceHash);
});
