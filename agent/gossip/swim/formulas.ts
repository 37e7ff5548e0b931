/** Shortest suspicion: `mult * log10(n) * probeInterval`, the logarithm cut to three decimals. memberlist.md, section 7. */
export function suspicionMinMs(mult: number, nodeCount: number, probeIntervalMs: number): number {
	const scale = Math.max(1, Math.log10(Math.max(1, nodeCount)));
	return (mult * Math.floor(scale * 1000) * probeIntervalMs) / 1000;
}

/**
 * What is left of a suspicion (Lifeguard): it starts at `maxMs` and comes down to `minMs` as `wanted` members confirm it, each one
 * less than the one before. Zero or less: now.
 */
export function suspicionRemainingMs(parts: {
	readonly confirmations: number;
	readonly wanted: number;
	readonly elapsedMs: number;
	readonly minMs: number;
	readonly maxMs: number;
}): number {
	const { confirmations, wanted, elapsedMs, minMs, maxMs } = parts;
	const share = Math.log(confirmations + 1) / Math.log(wanted + 1);
	const totalMs = Math.floor(maxMs - share * (maxMs - minMs));
	return Math.max(totalMs, minMs) - elapsedMs;
}

/** How often a broadcast is sent. */
export function retransmitLimit(mult: number, nodeCount: number): number {
	return mult * Math.ceil(Math.log10(nodeCount + 1));
}

/** Pause between two full exchanges: larger pools have longer ones, since each exchange is larger. */
export function pushPullIntervalMs(intervalMs: number, nodeCount: number): number {
	const calmUpTo = 32;
	if (nodeCount <= calmUpTo) return intervalMs;
	return intervalMs * (Math.ceil(Math.log2(nodeCount) - Math.log2(calmUpTo)) + 1);
}
