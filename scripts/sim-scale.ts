/**
 * Prints the tables of docs/scale.md: how fast an event reaches 1,000 simulated members at different losses, beside the curve that
 * Serf publishes, and how often jammed members make others be taken for failed, with and without Lifeguard.
 * `node --import tsx scripts/sim-scale.ts [convergence|jams] [nodes]`; minutes of computing.
 */

import { swimPresets } from "../agent/gossip/index.ts";
import { falseDeaths } from "../agent/sim/false-deaths.ts";
import { GossipPool } from "../agent/sim/gossip-pool.ts";
import { Simulation } from "../agent/sim/index.ts";

/**
 * Serf's convergence simulator (serf.io/docs/internals/simulator): logistic growth, where a message makes a new listener of half
 * of those whom it reaches. Share of members that know after `rounds` gossip intervals.
 */
function publishedShare(nodeCount: number, fanout: number, lossRate: number, rounds: number): number {
	const contact = (fanout / nodeCount) * (1 - lossRate) * 0.5;
	return 1 / (1 + (nodeCount + 1) * Math.exp(-contact * nodeCount * rounds));
}

async function convergence(nodeCount: number): Promise<void> {
	const shares = [0.5, 0.9, 0.99, 1];
	console.log(`| loss | | 50 % | 90 % | 99 % | all | packets each | bytes each |\n|---|---|---|---|---|---|---|---|`);
	for (const lossRate of [0, 0.25, 0.3]) {
		const simulation = new Simulation({
			seed: 1,
			faults: { delayMsMin: 1, delayMsMax: 5, lossRate, duplicateRate: 0 },
			diskDelayMsMax: 0,
		});
		const pool = new GossipPool({ simulation, nodeCount, swim: swimPresets.lan });
		await pool.bootSettled();
		await simulation.run(3000);
		const before = sent(simulation, pool);
		pool.members[0]?.serf.fire("event", new TextEncoder().encode("deploy"));
		const startMs = simulation.clock.monotonicMs();
		const reached = new Map<number, number>();
		for (let step = 0; step < 1000 && reached.size < shares.length; step++) {
			await simulation.run(10);
			const heard = pool.members.filter((member) => member.heard.has("deploy")).length / nodeCount;
			for (const share of shares)
				if (heard >= share && !reached.has(share)) reached.set(share, simulation.clock.monotonicMs() - startMs);
		}
		const after = sent(simulation, pool);
		const published = shares.map((share) => {
			const goal = Math.min(share, 1 - 0.5 / nodeCount);
			let rounds = 0;
			while (publishedShare(nodeCount, 3, lossRate, rounds) < goal) rounds += 0.01;
			return `${(rounds * 0.2).toFixed(2)} s`;
		});
		const ours = shares.map((share) => `${((reached.get(share) ?? Number.NaN) / 1000).toFixed(2)} s`);
		const cost = [after.packets - before.packets, after.bytes - before.bytes].map((all) =>
			(all / nodeCount).toFixed(0),
		);
		console.log(`| ${lossRate * 100} % | disco | ${ours.join(" | ")} | ${cost.join(" | ")} |`);
		console.log(`| | Serf's curve | ${published.join(" | ")} | | |`);
	}
}

/** The anomaly of the Lifeguard paper (Dadgar et al. 2018): some members' messages wait while their timers run, again and again. */
async function jams(nodeCount: number): Promise<void> {
	console.log(
		"| members jammed | for | false deaths per node and hour seen by anybody: with Lifeguard, without | seen by the others: with, without |\n|---|---|---|---|",
	);
	const base = { nodeCount, jammedShare: 0.05, freeMs: 50, minutes: 10, seed: 7 };
	for (const jamMs of [2_000, 8_000, 16_000, 32_000]) {
		const withIt = await falseDeaths({ ...base, jamMs, lifeguard: true });
		const without = await falseDeaths({ ...base, jamMs, lifeguard: false });
		const pair = (a: number, b: number) => `${a.toFixed(2)}, ${b.toFixed(2)}`;
		console.log(
			`| 5 % | ${jamMs / 1000} s, then free for ${base.freeMs / 1000} s | ${pair(withIt.byAnybody, without.byAnybody)} | ${pair(withIt.byOthers, without.byOthers)} |`,
		);
	}
}

function sent(simulation: Simulation, pool: GossipPool): { readonly packets: number; readonly bytes: number } {
	let packets = 0;
	let bytes = 0;
	for (const { address } of pool.members) {
		const one = simulation.sent(address);
		packets += one.packetCount;
		bytes += one.packetBytes;
	}
	return { packets, bytes };
}

const [what = "all", nodes = ""] = process.argv.slice(2);
if (what !== "jams") await convergence(Number(nodes) || 1000);
if (what !== "convergence") await jams(Number(nodes) || 100);
