/**
 * Runs one large simulated gossip pool that begins formed, and says whether it kept its promises (`agent/sim/large-pool.ts`):
 * `npm run sim:large -- --seed 1 --nodes 10000 --loss 0.25 --steps event,kill`. The same arguments give the same trace hash.
 * 10,000 members need 5 GB and minutes of computing. Exit code 1 on a violation.
 */
import { parseArgs } from "node:util";
import { type LargePoolStep, largePoolSteps, runLargePool } from "../agent/sim/large-pool.ts";

const { values } = parseArgs({
	options: {
		seed: { type: "string", default: "1" },
		nodes: { type: "string", default: "10000" },
		loss: { type: "string", default: "0" },
		steps: { type: "string", default: largePoolSteps.join(",") },
	},
});
const steps = values.steps.split(",");
const unknown = steps.find((step) => !largePoolSteps.includes(step as LargePoolStep));
if (unknown !== undefined) {
	console.error(`--steps: "${unknown}" is not one of ${largePoolSteps.join(", ")}`);
	process.exit(2);
}

const seconds = (ms: number | undefined) => (ms === undefined ? "-" : `${(ms / 1000).toFixed(2)} s`);
console.log("| seen by | 50 % | 90 % | 99 % | all | packets each | bytes each |\n|---|---|---|---|---|---|---|");
const report = await runLargePool({
	seed: Number(values.seed),
	nodeCount: Number(values.nodes),
	lossRate: Number(values.loss),
	steps: steps as readonly LargePoolStep[],
	onStep: ({ of, untilMs, packetsEach, bytesEach }) => {
		console.log(
			`| ${of} | ${untilMs.map(seconds).join(" | ")} | ${packetsEach.toFixed(0)} | ${bytesEach.toFixed(0)} |`,
		);
	},
});
for (const violation of report.violations) console.log(`violated: ${violation}`);
const { user, system } = process.cpuUsage();
console.log(`simulated        ${report.simulatedSeconds} s`);
console.log(`packets sent     ${report.packetsPerNodeSecond.toFixed(1)} for each node and second`);
console.log(`bytes sent       ${report.bytesPerNodeSecond.toFixed(0)} for each node and second`);
console.log(`trace            ${report.traceHash}`);
console.log(
	`cost             ${((user + system) / 1e6).toFixed(0)} s of CPU, ${(process.resourceUsage().maxRSS / 1e6).toFixed(1)} GB`,
);
process.exitCode = report.violations.length > 0 ? 1 : 0;
