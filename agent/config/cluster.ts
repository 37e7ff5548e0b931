import type { Fragment } from "./keys.ts";

/** How this agent takes part in a cluster of servers. Times are in milliseconds. */
export interface ClusterConfig {
	/** All of Raft's times are the shortest ones times this, 1 to 10: slow machines and networks need more. */
	readonly raftMultiplier: number;
	/** This server follows the log and never votes. */
	readonly readReplica: boolean;
	/** A snapshot is taken after this many entries; entries kept beside it. Undefined: the log's own defaults. */
	readonly snapshotAfterEntries: number | undefined;
	readonly trailingEntries: number | undefined;
	/** How long a leaving server goes on answering. */
	readonly leaveDrainMs: number;
	/** How long a call waits for a leader. */
	readonly rpcHoldMs: number;
	/** Of connections to the server port; 0 for no limit. */
	readonly serverPort: {
		/** TLS and the first byte must have come within this time. */
		readonly handshakeTimeoutMs: number;
		readonly connectionsPerAddressMax: number;
	};
	/** Shortest TTL that a session may have. */
	readonly sessionTtlMinMs: number;
	/** How the servers look after each other, for the first leader of a new cluster; what is left out is the default. */
	readonly autopilot: {
		readonly cleanupDeadServers?: boolean;
		readonly lastContactThresholdMs?: number;
		readonly maxTrailingLogs?: number;
		readonly minQuorum?: number;
		readonly serverStabilizationTimeMs?: number;
	};
}

/** The reference's: slow enough for the smallest machines. */
const raftMultiplierDefault = 5;

export function clusterConfig(given: Fragment): ClusterConfig {
	const { autopilot = {}, limits = {}, performance = {} } = given;
	return {
		// The second is its former name.
		readReplica: given.read_replica ?? given.non_voting_server ?? false,
		raftMultiplier: performance.raft_multiplier ?? raftMultiplierDefault,
		snapshotAfterEntries: given.raft_snapshot_threshold || undefined,
		trailingEntries: given.raft_trailing_logs || undefined,
		leaveDrainMs: performance.leave_drain_time ?? 5_000,
		rpcHoldMs: performance.rpc_hold_timeout ?? 7_000,
		serverPort: {
			handshakeTimeoutMs: limits.rpc_handshake_timeout ?? 5_000,
			connectionsPerAddressMax: limits.rpc_max_conns_per_client ?? 100,
		},
		// 0 is the default there, too.
		sessionTtlMinMs: given.session_ttl_min || 10_000,
		autopilot: {
			...(autopilot.cleanup_dead_servers === undefined ? {} : { cleanupDeadServers: autopilot.cleanup_dead_servers }),
			...(autopilot.last_contact_threshold === undefined
				? {}
				: { lastContactThresholdMs: autopilot.last_contact_threshold }),
			...(autopilot.max_trailing_logs === undefined ? {} : { maxTrailingLogs: autopilot.max_trailing_logs }),
			...(autopilot.min_quorum === undefined ? {} : { minQuorum: autopilot.min_quorum }),
			...(autopilot.server_stabilization_time === undefined
				? {}
				: { serverStabilizationTimeMs: autopilot.server_stabilization_time }),
		},
	};
}
