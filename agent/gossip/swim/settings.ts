/** Timing and limits of one pool. Times in milliseconds. memberlist.md, section 8. */
export interface SwimSettings {
	/** Limit of one exchange over a stream. */
	readonly streamTimeoutMs: number;
	/** Members that are asked to ping for us. */
	readonly indirectChecks: number;
	/** A broadcast is sent this many times log10 of the pool's size. */
	readonly retransmitMult: number;
	readonly suspicionMult: number;
	/** Longest suspicion as a multiple of the shortest (Lifeguard); 1 turns confirmations off. */
	readonly suspicionMaxTimeoutMult: number;
	readonly pushPullIntervalMs: number;
	readonly probeIntervalMs: number;
	readonly probeTimeoutMs: number;
	readonly gossipNodes: number;
	readonly gossipIntervalMs: number;
	/** How long dead members are still gossiped to, so that a wrongly accused one can refute. */
	readonly gossipToTheDeadMs: number;
	/** Upper end (exclusive) of the health score (Lifeguard); 1 turns it off. */
	readonly awarenessMax: number;
	/** How long a dead member's name is not given to another address; 0: for ever. */
	readonly deadNodeReclaimMs: number;
	/** Whether a member that does not answer by datagram is asked by stream. */
	readonly streamPings: boolean;
	/** Bytes of one packet. */
	readonly packetSizeBytesMax: number;
}

/** A datacenter's network. */
const lanSettings: SwimSettings = {
	streamTimeoutMs: 10_000,
	indirectChecks: 3,
	retransmitMult: 4,
	suspicionMult: 4,
	suspicionMaxTimeoutMult: 6,
	pushPullIntervalMs: 30_000,
	probeIntervalMs: 1_000,
	probeTimeoutMs: 500,
	gossipNodes: 3,
	gossipIntervalMs: 200,
	gossipToTheDeadMs: 30_000,
	awarenessMax: 8,
	deadNodeReclaimMs: 0,
	streamPings: true,
	packetSizeBytesMax: 1_400,
};

/** Between datacenters. */
const wanSettings: SwimSettings = {
	...lanSettings,
	streamTimeoutMs: 30_000,
	suspicionMult: 6,
	pushPullIntervalMs: 60_000,
	probeIntervalMs: 5_000,
	probeTimeoutMs: 3_000,
	gossipNodes: 4,
	gossipIntervalMs: 500,
	gossipToTheDeadMs: 60_000,
};

/** Everything on one machine. */
const localSettings: SwimSettings = {
	...lanSettings,
	streamTimeoutMs: 1_000,
	indirectChecks: 1,
	retransmitMult: 2,
	suspicionMult: 3,
	pushPullIntervalMs: 15_000,
	probeTimeoutMs: 200,
	gossipIntervalMs: 100,
	gossipToTheDeadMs: 15_000,
};

/** By where the members are. */
export const swimPresets = { lan: lanSettings, wan: wanSettings, local: localSettings } as const;
