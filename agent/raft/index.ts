export { LocalLog, type LocalLogOptions } from "./local-log.ts";
export { MemoryLog } from "./memory-log.ts";
export type { Committed, ForeignSnapshot, LogState, ReplicatedLog, StateMachine } from "./replicated-log.ts";
export { entrySizeBytesMax, pendingProposalsMax } from "./replicated-log.ts";
