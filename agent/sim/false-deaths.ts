import { between } from "../../lib/env/fake.ts";
import { swimPresets } from "../gossip/index.ts";
import { GossipPool } from "./gossip-pool.ts";
import { Simulation } from "./index.ts";

interface JamOptions {
	readonly seed: number;
	readonly nodeCount: number;
	/** The share of members that are jammed, always the same ones. */
	readonly jammedShare: number;
	/** How long at a time, and how long they are free between: too short to hear what those who are accused answer. */
	readonly jamMs: number;
	readonly freeMs: number;
	readonly minutes: number;
	/** Without it members neither distrust themselves nor give the suspected more time. */
	readonly lifeguard: boolean;
}

/**
 * How often members that were not jammed were taken for failed, for each node and hour: by anybody, and by those who were not
 * jammed either. The anomaly of the Lifeguard paper (Dadgar et al. 2018): messages wait while timers run, again and again.
 */
export async function falseDeaths(
	options: JamOptions,
): Promise<{ readonly byAnybody: number; readonly byOthers: number }> {
	const { seed, nodeCount, jammedShare, jamMs, freeMs, minutes, lifeguard } = options;
	const simulation = new Simulation({
		seed,
		faults: { delayMsMin: 1, delayMsMax: 5, lossRate: 0, duplicateRate: 0 },
		diskDelayMsMax: 0,
	});
	const swim = lifeguard ? swimPresets.lan : { ...swimPresets.lan, awarenessMax: 1, suspicionMaxTimeoutMult: 1 };
	const pool = new GossipPool({ simulation, nodeCount, swim });
	await pool.bootSettled();
	await simulation.run(31_000);
	const jammed = Array.from({ length: Math.round(nodeCount * jammedShare) }, (_, index) => index);
	for (const index of jammed) {
		const jam = () => {
			pool.jam(index);
			simulation.clock.after(jamMs, () => {
				pool.unjam(index);
				simulation.clock.after(freeMs, jam);
			});
		};
		simulation.clock.after(between(simulation.random, 0, jamMs), jam);
	}
	await simulation.run(minutes * 60_000);
	const names = new Set(jammed.map((index) => `node-${index}`));
	const wrong = pool.accusations.filter(({ of }) => !names.has(of));
	const perNodeAndHour = (count: number) => count / nodeCount / (minutes / 60);
	return {
		byAnybody: perNodeAndHour(wrong.length),
		byOthers: perNodeAndHour(wrong.filter(({ by }) => !names.has(by)).length),
	};
}
