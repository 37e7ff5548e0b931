import { DiscoError } from "../../../lib/errors.ts";
import type { CoordinateRecord } from "../../state/index.ts";
import type { CoordinateEndpoints, Endpoints } from "../endpoints.ts";
import { sortNear } from "../near.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import type { WireCoordinate } from "../wire/structs.ts";
import { ask, type Caller, command, servedRead, writeOptionsOf } from "./caller.ts";

export function coordinateClient(caller: Caller): CoordinateEndpoints {
	const nodes: CoordinateEndpoints["nodes"] = (options) =>
		ask(caller, methods.coordinates, { fields: {}, options, take: recordsOf, remember: "" });
	return {
		async update({ node, segment, coordinate }, options) {
			const { vec, error, adjustment, height } = coordinate;
			const Coord = { Vec: vec, Error: error, Adjustment: adjustment, Height: height };
			await command(caller, methods.coordinateUpdate, { Node: node, Segment: segment, Coord }, options);
		},
		nodes,
		node: (name, options) => ask(caller, methods.nodeCoordinates, { fields: { Node: name }, options, take: recordsOf }),
		async datacenters() {
			const question = { ...methods.coordinateDatacenters.argument.zero, Datacenter: caller.datacenter };
			const all = await caller.call(methods.coordinateDatacenters, question, { isRead: true, waitMs: 0 });
			return (all ?? []).map(({ Datacenter: datacenter, AreaID: area, Coordinates }) => ({
				datacenter,
				area,
				servers: recordsOf({ Coordinates }),
			}));
		},
		async sortNear(near, list, nodeOf) {
			const { value } = await nodes({ datacenter: "", token: "", consistency: "stale", minIndex: 0, maxWaitMs: 0 });
			const byNode = new Map<string, CoordinateRecord[]>();
			for (const record of value) {
				const key = record.node.toLowerCase();
				byNode.set(key, [...(byNode.get(key) ?? []), record]);
			}
			return sortNear(list, nodeOf, near, (node) => byNode.get(node.toLowerCase()) ?? []);
		},
	};
}

export function coordinateServed({ coordinate }: Endpoints): ServedMethod[] {
	if (coordinate === undefined) return [];
	return [
		served(methods.coordinateUpdate, async (argument) => {
			const [update] = recordsOf({ Coordinates: [{ ...argument, Partition: "" }] });
			if (update === undefined) throw new DiscoError("COORDINATE_INVALID", "invalid coordinate: there is none");
			await coordinate.update(update, writeOptionsOf(argument));
			return {};
		}),
		served(methods.coordinateDatacenters, async () =>
			(await coordinate.datacenters()).map(({ datacenter, area, servers }) => ({
				Datacenter: datacenter,
				AreaID: area,
				...wireCoordinates(servers),
			})),
		),
		servedRead(methods.coordinates, (_, options) => coordinate.nodes(options), wireCoordinates),
		servedRead(methods.nodeCoordinates, ({ Node }, options) => coordinate.node(Node, options), wireCoordinates),
	];
}

type Coordinates = { readonly Coordinates: readonly WireCoordinate[] | null };

function recordsOf({ Coordinates }: Coordinates): CoordinateRecord[] {
	return (Coordinates ?? []).flatMap(({ Node, Segment, Coord }) => {
		if (Coord === null) return [];
		const { Vec, Error: error, Adjustment: adjustment, Height: height } = Coord;
		return [{ node: Node, segment: Segment, coordinate: { vec: Vec ?? [], error, adjustment, height } }];
	});
}

function wireCoordinates(records: readonly CoordinateRecord[]): Coordinates {
	return {
		Coordinates: records.map(({ node, segment, coordinate: { vec, error, adjustment, height } }) => ({
			Node: node,
			Segment: segment,
			Partition: "",
			Coord: { Vec: vec, Error: error, Adjustment: adjustment, Height: height },
		})),
	};
}
