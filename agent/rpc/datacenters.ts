import type { InstanceRecord, QueryService } from "../state/index.ts";
import type { DatacenterCoordinates } from "./endpoints.ts";

/** What a server knows of the datacenters from the pool of all their servers. */
export interface Datacenters {
	/** Nearest first: this one, then the others by distance and name. */
	names(): readonly string[];
	/** In the same order. */
	coordinates(): readonly DatacenterCoordinates[];
	/** Instances there that a prepared query wants. Fails when the datacenter does not answer. */
	instances(datacenter: string, query: QueryService, limit: number): Promise<readonly InstanceRecord[]>;
}

/** Where a node stands before anything was measured: serf's start values. */
const origin = Object.freeze({ vec: Object.freeze(Array<number>(8).fill(0)), error: 1.5, adjustment: 0, height: 1e-5 });

/** Of a server that is in no such pool. */
export function onlyDatacenter(datacenter: string, node: string): Datacenters {
	return {
		names: () => [datacenter],
		coordinates: () => [{ datacenter, area: "wan", servers: [{ node, segment: "", coordinate: origin }] }],
		instances: async () => [],
	};
}
