import type { Clock, Network, Random } from "../../lib/env/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { Coordinate as GossipCoordinate } from "../gossip/index.ts";
import { createDatacenterEndpoints, type DatacenterEndpoints, type WanServer } from "../rpc/forward/index.ts";
import type { Coordinate } from "../rpc/index.ts";
import { allServersOf, hostPort } from "./cluster/index.ts";
import type { LanPool } from "./pool/index.ts";

/** Other datacenters as a server sees them in the pool of all their servers; without that pool there is only its own. */
export function openDatacenters(parts: {
	readonly config: RuntimeConfig;
	/** The pool, once there is one. */
	readonly pool: () => LanPool | undefined;
	readonly clock: Clock;
	readonly random: Random;
	/** How that datacenter's servers are connected to. */
	readonly networkTo: (datacenter: string) => Network;
	readonly logger: Logger;
}): DatacenterEndpoints {
	const { config, pool } = parts;
	const { nodeName, datacenter } = config;

	/** A server that left is none any more; one that failed may come back. */
	function servers(): WanServer[] {
		const wan = pool()?.wan;
		if (wan === undefined) return [self()];
		return allServersOf(wan.members())
			.filter(({ status }) => status !== "left")
			.map((server) => ({
				node: server.name.endsWith(`.${server.datacenter}`)
					? server.name.slice(0, -server.datacenter.length - 1)
					: server.name,
				datacenter: server.datacenter,
				address: server.address,
				isAlive: server.status === "alive",
				coordinate: coordinateOf(wan.coordinateOf(server.name)),
			}));
	}

	function self(): WanServer {
		return {
			node: nodeName,
			datacenter,
			address: hostPort(config.advertiseAddress, config.ports.server),
			isAlive: true,
			coordinate: origin,
		};
	}

	return createDatacenterEndpoints({
		...parts,
		logger: parts.logger.named("agent.server.rpc"),
		datacenter,
		servers,
		coordinate: () => coordinateOf(pool()?.wan?.coordinateOf(`${nodeName}.${datacenter}`)),
	});
}

/** Where a node stands before anything was measured: serf's start values. */
const origin: Coordinate = Object.freeze({
	vec: Object.freeze(Array<number>(8).fill(0)),
	error: 1.5,
	adjustment: 0,
	height: 1e-5,
});

function coordinateOf(coordinate: GossipCoordinate | undefined): Coordinate | undefined {
	if (coordinate === undefined) return undefined;
	const { Vec, Error: error, Adjustment: adjustment, Height: height } = coordinate;
	return { vec: [...Vec], error, adjustment, height };
}
