/**
 * Runs a simulated gossip pool from one seed and says whether it kept its promises: `npm run sim -- --seed 42 --nodes 100
 * --faults loss=0.3,pause,crash --seconds 60`. The same arguments give the same trace hash. Exit code 1 on a violation.
 *
 * From 1,000 members on the pool begins formed: to join one after the other takes n² messages. For 10,000 give
 * `NODE_OPTIONS=--max-old-space-size=12000`, and no partitions: thousands that each suspect thousands do not fit into any memory.
 */
import { parseArgs } from "node:util";
import { type GossipFault, gossipFaults, runGossipScenario } from "../agent/sim/gossip-scenario.ts";

const { values } = parseArgs({
	options: {
		seed: { type: "string", default: "1" },
		nodes: { type: "string", default: "30" },
		seconds: { type: "string", default: "60" },
		faults: { type: "string", default: "" },
	},
});

const formedFrom = 1_000;
const rates = { loss: 0, duplicate: 0, delay: 20 };
const faults: GossipFault[] = [];
for (const part of values.faults.split(",").filter((text) => text !== "")) {
	const [name = "", value] = part.split("=");
	if (name in rates && value !== undefined && Number(value) >= 0) rates[name as keyof typeof rates] = Number(value);
	else if (gossipFaults.includes(name as GossipFault) && value === undefined) faults.push(name as GossipFault);
	else {
		const known = [...gossipFaults, "loss=RATE", "duplicate=RATE", "delay=MS"].join(", ");
		console.error(`--faults: "${part}" is not one of ${known}`);
		process.exit(2);
	}
}

const report = await runGossipScenario({
	seed: Number(values.seed),
	nodeCount: Number(values.nodes),
	lossRate: rates.loss,
	duplicateRate: rates.duplicate,
	delayMsMax: rates.delay,
	faults,
	formed: Number(values.nodes) >= formedFrom,
	troubleSeconds: Number(values.seconds),
});
for (const violation of report.violations) console.log(`violated: ${violation}`);
console.log(`simulated        ${report.simulatedSeconds} s, ${report.eventCount} events`);
console.log(`false deaths     ${report.falseDeaths}`);
console.log(`packets sent     ${report.packetsPerNodeSecond.toFixed(1)} for each node and second`);
console.log(`bytes sent       ${report.bytesPerNodeSecond.toFixed(0)} for each node and second`);
console.log(`trace            ${report.traceHash}`);
process.exitCode = report.violations.length > 0 ? 1 : 0;
