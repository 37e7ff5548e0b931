export type {
	Configuration,
	MembershipChange,
	Peer,
	Rules,
	Server,
	Timings,
} from "./core/index.ts";
export { raftRules } from "./core/index.ts";
export { MemoryLog } from "./memory-log.ts";
export { type ClusterView, RaftLog, type RaftLogOptions } from "./raft-log.ts";
export type { RaftTransport, StateStream } from "./raft-transport.ts";
export type { Committed, ForeignSnapshot, LogState, ReplicatedLog, StateMachine } from "./replicated-log.ts";
export { entrySizeBytesMax, pendingProposalsMax } from "./replicated-log.ts";
export { serveRaftStream } from "./serve-stream.ts";
export { StreamTransport } from "./stream-transport.ts";
