import type { Outcome, ProbePlan } from "./plan.ts";

/**
 * `success_before_passing`, `failures_before_warning` and `failures_before_critical`: which outcomes count.
 *
 * A success (passing or warning) counts once as many came in a row as asked; a failure counts as critical after enough in a
 * row, as a warning after enough for that (as many as for critical unless given). Until then the status stays: undefined.
 */
export function createThreshold(
	plan: Pick<ProbePlan, "successBeforePassing" | "failuresBeforeWarning" | "failuresBeforeCritical">,
): (outcome: Outcome) => Outcome | undefined {
	const warningAfter = plan.failuresBeforeWarning > 0 ? plan.failuresBeforeWarning : plan.failuresBeforeCritical;
	let successes = 0;
	let failures = 0;
	return (outcome) => {
		if (outcome.status !== "critical") {
			successes++;
			failures = 0;
			return successes >= plan.successBeforePassing ? outcome : undefined;
		}
		failures++;
		successes = 0;
		if (failures >= plan.failuresBeforeCritical) return outcome;
		return failures >= warningAfter ? { status: "warning", output: outcome.output } : undefined;
	};
}
