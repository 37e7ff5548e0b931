import type { Clock } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { LogState } from "../raft/index.ts";
import type { RaftServer, ServerHealth } from "./endpoints.ts";

/** The servers as whoever built the log knows them. */
export interface ServerPool {
	servers(): readonly RaftServer[];
	/** Index of the last change of the servers; 0 when they never changed. */
	changeIndex(): number;
	/** At the leader. */
	health(): readonly ServerHealth[];
	/** Takes a server out of the votes; it must be one of `servers`. Fails with `PEER_LAST`, and as the log's changes do. */
	remove(id: string): Promise<void>;
	/** Resolves when that server, or without one the best, leads. Fails with `TRANSFER_REFUSED`, `TRANSFER_FAILED`. */
	transferLeadership(id: string | undefined): Promise<void>;
}

export function lastPeer(id: string): DiscoError {
	return new DiscoError("PEER_LAST", `server ${JSON.stringify(id)} is the only one that votes; it cannot be removed`);
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
		changeIndex: () => 0,
		remove: () => Promise.reject(lastPeer(id)),
		transferLeadership: () =>
			Promise.reject(new DiscoError("TRANSFER_REFUSED", "there is no other server that could lead")),
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
