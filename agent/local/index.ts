export type { AgentMemberRecord, CheckPlan, LocalAgent, LocalCheck, LocalService } from "./local-agent.ts";
