import type { Clock } from "../../lib/env/index.ts";
import type { LogState } from "../raft/index.ts";
import type { RaftServer, ServerHealth } from "./endpoints.ts";

/** The servers as whoever built the log knows them. */
export interface ServerPool {
	servers(): readonly RaftServer[];
	health(): readonly ServerHealth[];
}

/** The pool of a server that stands alone: itself, healthy while its log accepts. */
export function createLonelyServerPool(parts: {
	/** Node id. */
	readonly id: string;
	readonly node: string;
	/** `host:port` of its server port. */
	readonly address: string;
	readonly version: string;
	readonly log: { state(): LogState };
	readonly clock: Clock;
}): ServerPool {
	const { id, node, address, version, log } = parts;
	const stableSinceMs = parts.clock.nowMs();

	function server(): RaftServer {
		return { id, node, address, leader: log.state().role === "leader", voter: true };
	}

	return {
		servers: () => [server()],
		health: () => {
			const { role, term, lastIndex } = log.state();
			return [
				{
					...server(),
					serfStatus: "alive",
					version,
					lastContactMs: 0,
					lastTerm: term,
					lastIndex,
					healthy: role === "leader",
					stableSinceMs,
				},
			];
		},
	};
}
