import type { CheckStatus } from "../../lib/api/index.ts";
import type { ServiceContent } from "../rpc/index.ts";
import type { LocalCheck } from "./local-agent.ts";

/**
 * Status of an alias check: the worst of the checks of the aliased service and of its node. `self` is the alias check's own id.
 * Texts are those that the reference shows. Undefined when the alias names no service here (a remote one, or a node).
 */
export function aliasOutcome(
	aliasedId: string,
	service: ServiceContent | undefined,
	checks: Iterable<LocalCheck>,
	self: string,
): { readonly status: CheckStatus; readonly output: string } | undefined {
	if (aliasedId === "") return undefined;
	if (service === undefined) {
		return { status: "critical", output: `Service ${aliasedId} could not be found on this node` };
	}
	const counting = [...checks].filter(
		({ content }) => content.checkId !== self && (content.serviceId === aliasedId || content.serviceId === ""),
	);
	if (counting.length === 0) return { status: "passing", output: "No checks found." };
	for (const status of ["critical", "warning"] as const) {
		const worst = counting.find(({ content }) => content.status === status);
		if (worst !== undefined)
			return { status, output: `Aliased check "${worst.content.name}" failing: ${worst.content.output}` };
	}
	return { status: "passing", output: "All checks passing." };
}
