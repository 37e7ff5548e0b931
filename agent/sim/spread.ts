import type { GossipPool } from "./gossip-pool.ts";
import type { Simulation } from "./simulation.ts";

/** How fast something became known, and what the pool sent until then. */
export interface Spread {
	/** What became known. */
	readonly of: string;
	/** Milliseconds until it was known to 50, 90, 99 and 100 % of those who are to know; undefined where that did not come. */
	readonly untilMs: readonly (number | undefined)[];
	/** Of each member on average, all traffic included. */
	readonly packetsEach: number;
	readonly bytesEach: number;
}

/** The shares that `untilMs` is about. */
export const spreadShares = [0.5, 0.9, 0.99, 1] as const;

/** Lets time pass until `known` has come to `wanted`, at most `limitMs`; it is asked each `stepMs`. */
export async function watchSpread(
	{ simulation, pool }: { readonly simulation: Simulation; readonly pool: GossipPool },
	what: {
		readonly of: string;
		readonly known: () => number;
		readonly wanted: number;
		readonly stepMs: number;
		readonly limitMs: number;
	},
): Promise<Spread> {
	const startMs = simulation.clock.monotonicMs();
	const before = pool.sent();
	const reached: number[] = [];
	for (;;) {
		const passedMs = simulation.clock.monotonicMs() - startMs;
		const known = what.known();
		while (reached.length < spreadShares.length && known >= what.wanted * (spreadShares[reached.length] as number))
			reached.push(passedMs);
		if (reached.length === spreadShares.length || passedMs >= what.limitMs) break;
		await simulation.run(what.stepMs);
	}
	const after = pool.sent();
	return {
		of: what.of,
		untilMs: spreadShares.map((_, at) => reached[at]),
		packetsEach: (after.packets - before.packets) / pool.members.length,
		bytesEach: (after.bytes - before.bytes) / pool.members.length,
	};
}
