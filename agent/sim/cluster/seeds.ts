import { expect } from "vitest";
import { type RunResult, runCluster } from "./run.ts";

/** Seeds in CI, in two files that run beside each other; with DISCO_LONG ten times as many. */
const seedCount = process.env["DISCO_LONG"] === undefined ? Number(process.env["SIM_SEEDS"] ?? 1_000) : 10_000;

/** Runs every second seed from `first` on; the first that breaks something fails with what to type to see it again. */
export async function runSeeds(first: 1 | 2): Promise<void> {
	const sums = { seeds: 0, elections: 0, acknowledgedWrites: 0, lockGrants: 0, entries: 0 };
	const begin = process.cpuUsage();
	for (let seed = first; seed <= seedCount; seed += 2) {
		// The test runner wants to hear from its worker.
		await new Promise((resolve) => setImmediate(resolve));
		const result: RunResult = await runCluster({ seed });
		expect(
			result.breach,
			`seed ${seed}; SIM_SEED=${seed} npx vitest run --project sim agent/sim/cluster`,
		).toBeUndefined();
		sums.seeds++;
		for (const name of ["elections", "acknowledgedWrites", "lockGrants", "entries"] as const)
			sums[name] += result[name];
	}
	const { user, system } = process.cpuUsage(begin);
	process.stdout.write(
		`clusters of 5 servers: ${JSON.stringify(sums)}, ${Math.round((user + system) / 1e6)} s of processor time\n`,
	);
	// A simulation in which nothing happens finds nothing.
	expect(sums.elections).toBeGreaterThan(5 * sums.seeds);
	expect(sums.acknowledgedWrites).toBeGreaterThan(50 * sums.seeds);
	expect(sums.lockGrants).toBeGreaterThan(sums.seeds);
}
