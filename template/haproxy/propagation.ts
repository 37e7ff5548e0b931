/** Upper limits of the histogram's buckets, in seconds. */
const limitsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** How long changes took from the agent's answer to the last HAProxy that has them. */
export interface Propagation {
	readonly Count: number;
	readonly SumSeconds: number;
	readonly LastSeconds: number | null;
	/** Changes that took at most so long, as Prometheus counts them. */
	readonly Buckets: readonly { readonly LimitSeconds: number; readonly Count: number }[];
}

export function createPropagation() {
	const counts = limitsS.map(() => 0);
	let count = 0;
	let sumS = 0;
	let lastS: number | null = null;
	return {
		observe(seconds: number): void {
			count++;
			sumS += seconds;
			lastS = seconds;
			for (const [position, limitS] of limitsS.entries()) {
				if (seconds <= limitS) counts[position] = (counts[position] ?? 0) + 1;
			}
		},
		read: (): Propagation => ({
			Count: count,
			SumSeconds: sumS,
			LastSeconds: lastS,
			Buckets: limitsS.map((limitS, position) => ({ LimitSeconds: limitS, Count: counts[position] ?? 0 })),
		}),
	};
}
