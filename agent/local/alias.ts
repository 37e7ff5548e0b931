import type { CheckStatus } from "../../lib/api/index.ts";

/** What counts of a check that is followed. */
export interface FollowedCheck {
	readonly checkId: string;
	readonly name: string;
	readonly status: string;
	readonly output: string;
	/** Empty for a check of the node. */
	readonly serviceId: string;
}

/** What an alias check follows: a service, or with an empty `serviceId` a node. */
export interface AliasTarget {
	/** As it was given; empty for this agent's node. */
	readonly node: string;
	readonly serviceId: string;
}

export interface AliasOutcome {
	readonly status: CheckStatus;
	readonly output: string;
}

/**
 * Status of an alias check: the worst of the checks of the service and of its node. `self` is the alias check's own id, which does
 * not count. Texts are those that the reference shows.
 */
export function aliasOutcome(
	target: AliasTarget,
	serviceIsThere: boolean,
	checks: Iterable<FollowedCheck>,
	self: string,
): AliasOutcome {
	if (target.serviceId !== "" && !serviceIsThere) {
		return { status: "critical", output: `Service ${target.serviceId} could not be found on node ${target.node}` };
	}
	const counting = [...checks].filter(
		({ checkId, serviceId }) => checkId !== self && (serviceId === target.serviceId || serviceId === ""),
	);
	if (counting.length === 0) return { status: "passing", output: "No checks found." };
	for (const status of ["critical", "warning"] as const) {
		const worst = counting.find((check) => check.status === status);
		if (worst !== undefined) return { status, output: `Aliased check "${worst.name}" failing: ${worst.output}` };
	}
	return { status: "passing", output: "All checks passing." };
}
