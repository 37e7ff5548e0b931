import type { ProbePlan } from "./plan.ts";

/** For tests: a check with the plainest values. */
export function probePlan(change: Partial<ProbePlan> = {}): ProbePlan {
	return {
		content: { checkId: "c", status: "critical" },
		kind: "http",
		intervalMs: 1_000,
		timeoutMs: 2_000,
		ttlMs: 0,
		successBeforePassing: 0,
		failuresBeforeWarning: 0,
		failuresBeforeCritical: 0,
		outputSizeBytesMax: 0,
		...change,
	};
}
