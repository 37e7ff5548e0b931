import { type ReadOptions, type ReadResult, read } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";
import { write } from "./write.ts";

/** A place in the network (Vivaldi); distances are in seconds. */
export interface Coordinate {
	readonly Vec: readonly number[];
	readonly Error: number;
	readonly Adjustment: number;
	readonly Height: number;
}

export interface NodeCoordinate {
	readonly Node: string;
	readonly Segment: string;
	readonly Coord: Coordinate;
}

/** The body of `PUT /v1/coordinate/update`. */
export interface NodeCoordinateUpdate {
	readonly Datacenter?: string;
	readonly Node: string;
	readonly Segment?: string;
	readonly Coord: Coordinate;
}

/** The servers of a data center with their places. */
export interface DatacenterCoordinates {
	readonly Datacenter: string;
	readonly AreaID: string;
	readonly Coordinates: readonly NodeCoordinate[] | null;
}

/** `/v1/coordinate`. */
export interface CoordinateClient {
	nodes(options?: ReadOptions): Promise<ReadResult<readonly NodeCoordinate[]>>;
	node(name: string, options?: ReadOptions): Promise<ReadResult<readonly NodeCoordinate[]>>;
	/** Tells where a node is that has no agent of its own. */
	update(coordinate: NodeCoordinateUpdate, options?: CallOptions): Promise<void>;
	datacenters(options?: CallOptions): Promise<readonly DatacenterCoordinates[]>;
}

export function createCoordinateClient(requester: Requester): CoordinateClient {
	return {
		nodes: (options) => read(requester, v1("coordinate", "nodes"), options),
		node: (name, options) => read(requester, v1("coordinate", "node", name), options),
		update: (json, options) => write(requester, v1("coordinate", "update"), options, { json }),
		datacenters: async (options) =>
			(await read<readonly DatacenterCoordinates[]>(requester, v1("coordinate", "datacenters"), options)).value,
	};
}
