/** Times in milliseconds. serf.md, section 6. */
export interface SerfSettings {
	/** How long is waited for a broadcast of ours to go out. */
	readonly broadcastTimeoutMs: number;
	/** Between having said that we leave and being gone. */
	readonly leavePropagateDelayMs: number;
	/** Times of events, and of queries, that are remembered against doubles. */
	readonly eventBuffer: number;
	readonly reapIntervalMs: number;
	readonly recentIntentTimeoutMs: number;
	readonly reconnectIntervalMs: number;
	/** A failed member is forgotten after this. */
	readonly reconnectTimeoutMs: number;
	/** A member that left is forgotten after this. */
	readonly tombstoneTimeoutMs: number;
	/** Broadcasts of one kind that wait, at most. */
	readonly queueMax: number;
	readonly queryTimeoutMult: number;
	/** Of an event as it is encoded. */
	readonly userEventSizeBytesMax: number;
	readonly querySizeBytesMax: number;
	readonly queryResponseSizeBytesMax: number;
	/** Whether a node that finds its name in use elsewhere asks the others, and ends when they know the other one. */
	readonly resolvesNameConflicts: boolean;
}

export const serfSettings: SerfSettings = {
	broadcastTimeoutMs: 5_000,
	leavePropagateDelayMs: 1_000,
	eventBuffer: 512,
	reapIntervalMs: 15_000,
	recentIntentTimeoutMs: 300_000,
	reconnectIntervalMs: 30_000,
	reconnectTimeoutMs: 86_400_000,
	tombstoneTimeoutMs: 86_400_000,
	queueMax: 4_096,
	queryTimeoutMult: 16,
	userEventSizeBytesMax: 512,
	querySizeBytesMax: 1_024,
	queryResponseSizeBytesMax: 1_024,
	resolvesNameConflicts: true,
};
