import type { Clock, Network, Random } from "../../../lib/env/index.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { Coordinate, QueryService } from "../../state/index.ts";
import type { Datacenters } from "../datacenters.ts";
import type { ReadOptions } from "../endpoints.ts";
import type { Caller } from "./caller.ts";
import { createDatacenterCaller } from "./datacenter-caller.ts";
import { createDatacenterRouter, type WanServer } from "./datacenter-router.ts";
import { spreadEvent } from "./event.ts";
import { type RemoteEndpoints, remoteEndpoints } from "./remote-endpoints.ts";
import { createServers, type Servers } from "./servers.ts";

/** A server that does not take a connection in this time is followed by the next one. */
const connectTimeoutMs = 3_000;

/** Other datacenters as a server reaches them. */
export interface DatacenterEndpoints extends Datacenters {
	/** Fails with `DATACENTER_UNKNOWN`. */
	endpointsOf(datacenter: string): RemoteEndpoints;
	/** Gives a user event, as gossip carries it, to the agents there. */
	spreadEvent(datacenter: string, name: string, payload: Uint8Array): Promise<void>;
	/** The servers have changed: connections to those that are not alive any more are closed, and calls on them fail. */
	serversChanged(): void;
	close(): Promise<void>;
}

interface Other {
	/** Each has its own: how servers are connected to may differ by datacenter. */
	readonly connections: Servers;
	readonly caller: Caller;
	readonly endpoints: RemoteEndpoints;
}

export function createDatacenterEndpoints(parts: {
	readonly datacenter: string;
	/** All that are known and have not left, this datacenter's included. */
	readonly servers: () => readonly WanServer[];
	/** This server's own. */
	readonly coordinate: () => Coordinate | undefined;
	/** How that datacenter's servers are connected to. */
	readonly networkTo: (datacenter: string) => Network;
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
}): DatacenterEndpoints {
	const { servers } = parts;
	const router = createDatacenterRouter(parts);
	const others = new Map<string, Other>();

	function other(datacenter: string): Other {
		// Names that nobody knows are not kept.
		if (!others.has(datacenter)) router.route(datacenter);
		let found = others.get(datacenter);
		if (found === undefined) {
			const { clock } = parts;
			const network = parts.networkTo(datacenter);
			const connections = createServers({ network, clock, connectTimeoutMs });
			const caller = createDatacenterCaller({ ...parts, datacenter, router, connections });
			found = { connections, caller, endpoints: remoteEndpoints(caller, { network, clock }) };
			others.set(datacenter, found);
		}
		return found;
	}

	return {
		names: () => router.names(),
		coordinates: () => router.coordinates(),
		async instances(datacenter: string, query: QueryService, limit: number) {
			const read: ReadOptions = { datacenter, token: "", consistency: "default", minIndex: 0, maxWaitMs: 0 };
			return (await other(datacenter).endpoints.query.instances(query, limit, read)).value;
		},
		endpointsOf: (datacenter) => other(datacenter).endpoints,
		spreadEvent: (datacenter, name, payload) => spreadEvent(other(datacenter).caller, { datacenter, name, payload }),
		serversChanged() {
			const known = servers();
			for (const [datacenter, { connections }] of others) {
				const there = known.filter((server) => server.datacenter === datacenter);
				connections.keepOnly(there.filter(({ isAlive }) => isAlive).map(({ address }) => address));
				if (there.length === 0) others.delete(datacenter);
			}
		},
		async close() {
			await Promise.all([...others.values()].map(({ connections }) => connections.close()));
		},
	};
}
