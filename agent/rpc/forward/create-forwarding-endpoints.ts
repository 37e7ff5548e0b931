import type { Clock, Network, Random } from "../../../lib/env/index.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { Endpoints, EventEndpoints } from "../endpoints.ts";
import { createChoosingCaller } from "./choice.ts";
import { spreadEvent } from "./event.ts";
import { createHold } from "./hold.ts";
import { createLeaderCaller } from "./leader.ts";
import { remoteEndpoints } from "./remote-endpoints.ts";
import { routeToLeader } from "./route.ts";
import { createServers } from "./servers.ts";

/** The reference's `performance.rpc_hold_timeout`. */
const holdTimeoutMsDefault = 7_000;

export interface ForwardingOptions {
	readonly network: Network;
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
	/** This agent's. */
	readonly datacenter: string;
	/** A server's own endpoints, which refuse with `NO_LEADER` what only the leader may answer; undefined at a client agent. */
	readonly own: Endpoints | undefined;
	/** Whether this server leads and its state is complete: then everything is answered by `own`. */
	readonly leads: () => boolean;
	/** `host:port` of the leader's server port; empty when unknown. Only asked at a server. */
	readonly leaderAddress: () => string;
	/** `host:port` of every server that gossip says is alive, without this one. A client chooses of them. */
	readonly servers: () => readonly string[];
	/** Agents in the datacenter; for how often a client chooses anew. */
	readonly memberCount?: () => number;
	/** User events are each agent's own: gossip carries them. */
	readonly event: EventEndpoints | undefined;
	/** How long a call is tried again while there is no leader. */
	readonly holdTimeoutMs?: number;
}

export interface ForwardingEndpoints extends Endpoints {
	/** Has a server of the datacenter that is named spread a user event, as gossip carries it. Of a client agent. */
	readonly spreadEvent?: (datacenter: string, name: string, payload: Uint8Array) => Promise<void>;
	/** Closes the connections; what is under way fails with `CONNECTION_LOST`. */
	close(): Promise<void>;
}

/**
 * The endpoints of an agent that does not answer everything itself: a client's calls go to a server, a follower's to the leader.
 * They answer as `createServerEndpoints` does, but for what `docs/raft.md` names.
 */
export function createForwardingEndpoints(options: ForwardingOptions): ForwardingEndpoints {
	const { own, event } = options;
	const holdTimeoutMs = options.holdTimeoutMs ?? holdTimeoutMsDefault;
	const connections = createServers(options);
	if (own === undefined) {
		const caller = createChoosingCaller({ ...options, holdTimeoutMs, connections });
		return {
			...remoteEndpoints(caller, options),
			...(event === undefined ? {} : { event }),
			spreadEvent: (datacenter, name, payload) => spreadEvent(caller, { datacenter, name, payload }),
			async close() {
				caller.close();
				await connections.close();
			},
		};
	}
	const leader = remoteEndpoints(createLeaderCaller({ ...options, connections }), options);
	const hold = createHold({ ...options, holdTimeoutMs });
	return {
		...routeToLeader({ own, leader, leads: options.leads, hold }),
		...(event === undefined ? {} : { event }),
		close: () => connections.close(),
	};
}
