import { expect, it } from "vitest";
import { runCluster } from "./run.ts";

it("the same seed is the same run", async () => {
	const seeds = process.env["SIM_SEED"] === undefined ? [1, 2, 3, 4] : [Number(process.env["SIM_SEED"])];
	const hashes = new Set<string>();
	for (const seed of seeds) {
		const first = await runCluster({ seed });
		expect(first.breach, `seed ${seed}`).toBeUndefined();
		expect(first.events).toBeGreaterThan(100);
		expect(await runCluster({ seed })).toEqual(first);
		hashes.add(first.hash);
	}
	expect(hashes.size).toBe(seeds.length);
});
