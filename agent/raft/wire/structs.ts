import { bool, bytes, type Infer, i64, list, string, struct, u8, u64 } from "../../../lib/msgpack/index.ts";

/** The reference's structs (docs/raft.md), in the order in which it declares their fields. */
const header = { ProtocolVersion: i64, ID: bytes, Addr: bytes };

export const wireLog = struct({
	Index: u64,
	Term: u64,
	Type: u8,
	Data: bytes,
	Extensions: bytes,
	AppendedAt: bytes,
});

/** Entries in a call, at most: 64 are sent, the reference's limit can be raised. */
const entriesMax = 4096;

export const wireAppendRequest = struct({
	...header,
	Term: u64,
	Leader: bytes,
	PrevLogEntry: u64,
	PrevLogTerm: u64,
	Entries: list(wireLog, entriesMax),
	LeaderCommitIndex: u64,
});

export const wireAppendResponse = struct({ ...header, Term: u64, LastLog: u64, Success: bool, NoRetryBackoff: bool });

export const wireVoteRequest = struct({
	...header,
	Term: u64,
	Candidate: bytes,
	LastLogIndex: u64,
	LastLogTerm: u64,
	LeadershipTransfer: bool,
});

export const wireVoteResponse = struct({ ...header, Term: u64, Peers: bytes, Granted: bool });

export const wirePreVoteRequest = struct({ ...header, Term: u64, LastLogIndex: u64, LastLogTerm: u64 });

export const wirePreVoteResponse = struct({ ...header, Term: u64, Granted: bool });

export const wireSnapshotRequest = struct({
	...header,
	SnapshotVersion: u8,
	Term: u64,
	Leader: bytes,
	LastLogIndex: u64,
	LastLogTerm: u64,
	Peers: bytes,
	Configuration: bytes,
	ConfigurationIndex: u64,
	Size: i64,
});

export const wireSnapshotResponse = struct({ ...header, Term: u64, Success: bool });

export const wireTimeoutNow = struct(header);

const serversMax = 1024;

export const wireConfiguration = struct({
	Servers: list(struct({ Suffrage: u8, ID: string, Address: string }), serversMax),
});

export type WireLog = Infer<typeof wireLog>;
