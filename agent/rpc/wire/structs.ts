import {
	bool,
	bytes,
	float64,
	type Infer,
	i64,
	list,
	nullable,
	omitEmpty,
	recordOf,
	string,
	struct,
	u64,
	u64Exact,
} from "../../../lib/msgpack/index.ts";
import { checkServiceNode, healthCheck, node, nodeService } from "./catalog-structs.ts";
import { queryMeta, queryOptions, querySource, raftIndex } from "./common.ts";

const stringMap = recordOf(string);

/** KVS */

export const directoryEntry = struct({
	LockIndex: u64,
	Key: string,
	Flags: u64Exact,
	Value: bytes,
	Session: string,
	...raftIndex,
});
export type WireDirectoryEntry = Infer<typeof directoryEntry>;

export const kvsRequest = struct({ Datacenter: string, Op: string, DirEnt: directoryEntry, Token: string });
export const keyRequest = struct({ Datacenter: string, Key: string, ...queryOptions });
/** The separator's name is spelled as in the reference. */
export const keyListRequest = struct({ Datacenter: string, Prefix: string, Seperator: string, ...queryOptions });
export const indexedDirEntries = struct({ Entries: list(directoryEntry), ...queryMeta });
export const indexedKeyList = struct({ Keys: list(string), ...queryMeta });

/** Session */

export const session = struct({
	ID: string,
	Name: string,
	Node: string,
	LockDelay: i64,
	Behavior: string,
	TTL: string,
	NodeChecks: list(string),
	ServiceChecks: list(struct({ ID: string, Namespace: string })),
	Checks: list(string),
	...raftIndex,
});
export type WireSession = Infer<typeof session>;

export const sessionRequest = struct({ Datacenter: string, Op: string, Session: session, Token: string });
/** `Session` is what servers before 1.7 look at. */
export const sessionSpecificRequest = struct({
	Datacenter: string,
	SessionID: string,
	Session: string,
	...queryOptions,
});
export const indexedSessions = struct({ Sessions: list(session), ...queryMeta });

/** Coordinate */

const coordinate = struct({ Vec: list(float64), Error: float64, Adjustment: float64, Height: float64 });
const nodeCoordinate = struct({ Node: string, Segment: string, Partition: string, Coord: nullable(coordinate) });
export type WireCoordinate = Infer<typeof nodeCoordinate>;

export const coordinateUpdateRequest = struct({
	Datacenter: string,
	Node: string,
	Segment: string,
	Coord: nullable(coordinate),
	Token: string,
});
/** Where the servers of each datacenter are. */
export const datacenterCoordinates = list(
	struct({ Datacenter: string, AreaID: string, Coordinates: list(nodeCoordinate) }),
);
export const indexedCoordinates = struct({ Coordinates: list(nodeCoordinate), ...queryMeta });

/** PreparedQuery */

export const preparedQuery = struct({
	ID: string,
	Name: string,
	Session: string,
	Token: string,
	Template: struct({ Type: string, Regexp: string, RemoveEmptyTags: bool }),
	Service: struct({
		Service: string,
		Failover: struct({
			NearestN: i64,
			Datacenters: list(string),
			Targets: list(struct({ Peer: string, Datacenter: string })),
		}),
		OnlyPassing: bool,
		IgnoreCheckIDs: list(string),
		Near: string,
		Tags: list(string),
		NodeMeta: stringMap,
		ServiceMeta: stringMap,
		Connect: bool,
		Peer: string,
	}),
	DNS: struct({ TTL: string }),
	...raftIndex,
});
export type WireQuery = Infer<typeof preparedQuery>;

export const queryRequest = struct({ Datacenter: string, Op: string, Query: nullable(preparedQuery), Token: string });
export const querySpecificRequest = struct({ Datacenter: string, QueryID: string, ...queryOptions });
export const indexedQueries = struct({ Queries: list(preparedQuery), ...queryMeta });
export const queryExecuteRequest = struct({
	Datacenter: string,
	QueryIDOrName: string,
	Limit: i64,
	Connect: bool,
	Source: querySource,
	Agent: querySource,
	...queryOptions,
});
export const queryExecuteResponse = struct({
	Service: string,
	Nodes: list(checkServiceNode),
	DNS: struct({ TTL: string }),
	Datacenter: string,
	PeerName: string,
	Failovers: i64,
	...queryMeta,
});
/** A query of another datacenter, asked for what there is of it here. */
export const queryExecuteRemoteRequest = struct({
	Datacenter: string,
	Query: preparedQuery,
	Limit: i64,
	Connect: bool,
	...queryOptions,
});
export const queryExplainResponse = struct({ Query: preparedQuery, ...queryMeta });

/** Txn: an operation is of the kind whose field is not nil. */

const txnOperation = struct({
	KV: nullable(struct({ Verb: string, DirEnt: directoryEntry })),
	Intention: nullable(struct({})),
	Node: nullable(struct({ Verb: string, Node: node })),
	Service: nullable(struct({ Verb: string, Node: string, Service: nodeService })),
	Check: nullable(struct({ Verb: string, Check: healthCheck })),
	Session: nullable(struct({ Verb: string, Session: session })),
});
export type WireTxnOperation = Infer<typeof txnOperation>;

const txnResult = struct({
	KV: nullable(directoryEntry),
	Node: nullable(node),
	Service: nullable(nodeService),
	Check: nullable(healthCheck),
});
export type WireTxnResult = Infer<typeof txnResult>;

const outcome = { Results: list(txnResult), Errors: list(struct({ OpIndex: i64, What: string })) };
export const txnRequest = struct({ Datacenter: string, Ops: list(txnOperation), Token: string });
export const txnReadRequest = struct({ Datacenter: string, Ops: list(txnOperation), ...queryOptions });
export const txnResponse = struct(outcome);
export const txnReadResponse = struct({ ...outcome, ...queryMeta });

/** Operator */

export const raftConfiguration = struct({
	Servers: list(
		struct({ ID: string, Node: string, Address: string, Leader: bool, Voter: bool, ProtocolVersion: string }),
	),
	Index: u64,
});
export const removePeerRequest = struct({ Datacenter: string, Address: string, ID: string, Token: string });
export const autopilotConfig = struct({
	CleanupDeadServers: bool,
	LastContactThreshold: i64,
	MaxTrailingLogs: u64,
	MinQuorum: u64,
	ServerStabilizationTime: i64,
	RedundancyZoneTag: string,
	DisableUpgradeMigration: bool,
	UpgradeVersionTag: string,
	...raftIndex,
});
export const setAutopilotRequest = struct({ Datacenter: string, Config: autopilotConfig, CAS: bool, Token: string });
export const autopilotHealth = struct({
	Healthy: bool,
	FailureTolerance: i64,
	Servers: list(
		struct({
			ID: string,
			Name: string,
			Address: string,
			/** Place in `serfStatuses`. */
			SerfStatus: i64,
			Version: string,
			Leader: bool,
			LastContact: i64,
			LastTerm: u64,
			LastIndex: u64,
			Healthy: bool,
			Voter: bool,
			StableSince: bytes,
		}),
	),
});

const autopilotServer = struct({
	Server: struct({
		ID: string,
		Name: string,
		Address: string,
		NodeStatus: string,
		Version: string,
		Meta: stringMap,
		RaftVersion: i64,
		IsLeader: bool,
		NodeType: string,
	}),
	State: string,
	Stats: struct({ LastContact: i64, LastTerm: u64, LastIndex: u64 }),
	Health: struct({ Healthy: bool, StableSince: bytes }),
});
export const autopilotState = struct({
	Healthy: bool,
	FailureTolerance: i64,
	Servers: recordOf(autopilotServer),
	Leader: string,
	Voters: list(string),
});

/** Internal */

export const eventFireRequest = struct({ Datacenter: string, Name: string, Payload: bytes, ...queryOptions });
export const eventFireResponse = struct(queryMeta);
export const keyringRequest = struct({
	Operation: string,
	Key: string,
	Datacenter: string,
	Forwarded: bool,
	RelayFactor: i64,
	LocalOnly: bool,
	...queryOptions,
});
/** One per pool. */
export const keyringResponses = struct({
	Responses: list(
		struct({
			WAN: bool,
			Datacenter: string,
			Segment: string,
			Messages: stringMap,
			Keys: recordOf(i64),
			PrimaryKeys: recordOf(i64),
			NumNodes: i64,
			Error: string,
		}),
	),
	...queryMeta,
});

/** Disco's own: what the reference does not have. */

const kvRevision = struct({
	Key: string,
	Index: u64,
	/** Nil: the key was deleted. */
	Value: bytes,
	Flags: u64Exact,
	TimeMs: float64,
	Author: string,
});
export const kvHistory = struct({ Revisions: list(kvRevision), ...queryMeta });
export const keepHistoryRequest = struct({
	Datacenter: string,
	Rules: list(struct({ Prefix: string, RevisionsMax: i64 })),
	Token: string,
});
/** Without an id the best follower. */
export const transferRequest = struct({ Datacenter: string, ID: string, Token: string });

/** Snapshots, which are no RPC: a request, a reply, and the archive behind one of them. */
export const snapshotRequest = struct({ Datacenter: string, Token: string, AllowStale: bool, Op: i64 });
export const snapshotOperations = { save: 0, restore: 1 } as const;
export const snapshotReply = struct({
	Error: string,
	Code: omitEmpty(string),
	Message: omitEmpty(string),
	...queryMeta,
});
