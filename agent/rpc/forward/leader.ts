import { DiscoError } from "../../../lib/errors.ts";
import type { Caller } from "./caller.ts";
import { timeoutMsOf } from "./choice.ts";
import { createRememberedAnswers } from "./remembered-answers.ts";
import type { Servers } from "./servers.ts";

/** A server's calls to the one that leads. They are made once: `route.ts` tries again, since this server may lead by then. */
export function createLeaderCaller(parts: {
	readonly datacenter: string;
	readonly connections: Servers;
	/** `host:port`; empty when unknown. */
	readonly leaderAddress: () => string;
	/** This server's own. */
	readonly leads: () => boolean;
}): Caller {
	function leader(): string {
		const address = parts.leaderAddress();
		if (address !== "" && !parts.leads()) return address;
		throw new DiscoError("NO_LEADER", "no server leads at the moment; try again", { retryable: true });
	}

	return {
		datacenter: parts.datacenter,
		memory: createRememberedAnswers(),
		address: leader,
		async call(method, argument, { waitMs, signal }) {
			return parts.connections.call(leader(), method, argument, { timeoutMs: timeoutMsOf(waitMs), signal });
		},
	};
}
