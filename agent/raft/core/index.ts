export { assertValid, type MembershipChange } from "./configuration.ts";
export { Raft } from "./raft.ts";
export { type Rules, raftRules } from "./rules.ts";
export type { Limits, RaftOptions, Restored, Timings } from "./state.ts";
export type {
	AppendRequest,
	Batch,
	Call,
	Configuration,
	Entry,
	EntryType,
	HardState,
	Output,
	Peer,
	Position,
	PreVoteRequest,
	Request,
	Response,
	Role,
	Server,
	SnapshotMeta,
	SnapshotRequest,
	TimeoutNowRequest,
	VoteRequest,
} from "./types.ts";
