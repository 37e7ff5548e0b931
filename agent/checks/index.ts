export type { Outcome, Probe, ProbePlan } from "./plan.ts";
export { probes, probesWithOwnTls } from "./probes.ts";
export type { CheckSchedule, CheckScheduleOptions } from "./schedule.ts";
export { createCheckSchedule } from "./schedule.ts";
