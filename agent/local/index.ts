export type { NodeIdentity } from "./catalog-sync.ts";
export type { LocalAgentOptions, RunningLocalAgent } from "./create-local-agent.ts";
export { createLocalAgent } from "./create-local-agent.ts";
export type {
	AgentMemberRecord,
	CheckPlan,
	CheckRunner,
	LocalAgent,
	LocalCheck,
	LocalService,
} from "./local-agent.ts";
export type { LocalStore } from "./local-store.ts";
export { createDiskStore, memoryStore } from "./local-store.ts";
export type { MemberPool, ReachabilityReport, WanPool } from "./member-pool.ts";
