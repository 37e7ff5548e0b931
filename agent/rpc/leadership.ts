import { DiscoError } from "../../lib/errors.ts";

/**
 * Whether this server leads, with a state that holds everything committed before it did. It alone ends sessions and judges
 * lock-delays. Without one it always does.
 */
export interface Leadership {
	leads(): boolean;
	/** Called after each change. */
	observe(changed: (leads: boolean) => void): void;
}

/** Fails with `NO_LEADER` on a server that does not lead. */
export function requireLeads(leadership: Leadership | undefined): void {
	if (leadership?.leads() === false)
		throw new DiscoError("NO_LEADER", "this server does not lead; ask the leader, or try again in a moment", {
			retryable: true,
		});
}
