import { expect, it } from "vitest";
import { falseDeaths } from "./false-deaths.ts";
import { gossipFaults, runGossipScenario } from "./gossip-scenario.ts";

const isLong = process.env["DISCO_LONG"] !== undefined;
const base = { nodeCount: 16, duplicateRate: 0.05, delayMsMax: 40, troubleSeconds: 60 };

it("nobody is taken for failed, every event arrives once and left stays left at 30 % loss, with crashes and jumping clocks", async () => {
	for (let seed = 1; seed <= (isLong ? 500 : 8); seed++) {
		const report = await runGossipScenario({ ...base, seed, lossRate: 0.3, faults: ["crash", "leave", "clock"] });
		expect(report.violations).toEqual([]);
	}
}, 600_000);

it("pools come together again after pauses, partitions, one-way loss and crashes at 20 % loss", async () => {
	for (let seed = 1; seed <= (isLong ? 1000 : 12); seed++) {
		const report = await runGossipScenario({ ...base, seed, lossRate: 0.2, faults: gossipFaults });
		expect(report.violations).toEqual([]);
	}
}, 1_200_000);

it("the same seed is the same run", async () => {
	const run = (seed: number) => runGossipScenario({ ...base, seed, lossRate: 0.2, faults: gossipFaults });
	const [first, again, other] = [await run(7), await run(7), await run(8)];
	expect(again).toEqual(first);
	expect(other.traceHash).not.toBe(first.traceHash);
	expect(first.eventCount).toBeGreaterThan(100);
});

it("members whose messages are slow make nobody else be taken for failed; without Lifeguard they do", async () => {
	const jams = { seed: 7, nodeCount: 24, jammedShare: 0.1, jamMs: 8_000, freeMs: 50, minutes: 1 };
	expect((await falseDeaths({ ...jams, lifeguard: true })).byOthers).toBe(0);
	expect((await falseDeaths({ ...jams, lifeguard: false })).byOthers).toBeGreaterThan(10);
}, 120_000);
