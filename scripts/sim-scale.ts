/**
 * Prints the tables of docs/scale.md: how fast an event reaches 1,000 simulated members at different losses, beside the curve that
 * Serf publishes, and how often jammed members make others be taken for failed, with and without Lifeguard.
 * `npm run sim:scale -- [convergence|jams] [nodes]`; minutes of computing. With 10,000 members (`convergence 10000`) it needs 5 GB.
 */

import { falseDeaths } from "../agent/sim/false-deaths.ts";
import { runLargePool } from "../agent/sim/large-pool.ts";
import { spreadShares } from "../agent/sim/spread.ts";

/**
 * Serf's convergence simulator (serf.io/docs/internals/simulator): logistic growth, where a message makes a new listener of half
 * of those whom it reaches. Share of members that know after `rounds` gossip intervals.
 */
function publishedShare(nodeCount: number, fanout: number, lossRate: number, rounds: number): number {
	const contact = (fanout / nodeCount) * (1 - lossRate) * 0.5;
	return 1 / (1 + (nodeCount + 1) * Math.exp(-contact * nodeCount * rounds));
}

async function convergence(nodeCount: number): Promise<void> {
	console.log(`${nodeCount} members`);
	console.log(`| loss | | 50 % | 90 % | 99 % | all | packets each | bytes each |\n|---|---|---|---|---|---|---|---|`);
	for (const lossRate of [0, 0.25, 0.3]) {
		const { spreads, violations } = await runLargePool({ seed: 1, nodeCount, lossRate, steps: ["event"] });
		for (const violation of violations) console.log(`violated: ${violation}`);
		const published = spreadShares.map((share) => {
			const goal = Math.min(share, 1 - 0.5 / nodeCount);
			let rounds = 0;
			while (publishedShare(nodeCount, 3, lossRate, rounds) < goal) rounds += 0.01;
			return `${(rounds * 0.2).toFixed(2)} s`;
		});
		for (const { untilMs, packetsEach, bytesEach } of spreads) {
			const ours = untilMs.map((ms) => `${((ms ?? Number.NaN) / 1000).toFixed(2)} s`).join(" | ");
			console.log(`| ${lossRate * 100} % | disco | ${ours} | ${packetsEach.toFixed(0)} | ${bytesEach.toFixed(0)} |`);
		}
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

const [what = "all", nodes = ""] = process.argv.slice(2);
if (what !== "jams") await convergence(Number(nodes) || 1000);
if (what !== "convergence") await jams(Number(nodes) || 100);
