import { DiscoError } from "../../lib/errors.ts";
import { anything, listOf, number, objectOf, text } from "../../lib/json/index.ts";
import type { Answer, CoordinateRecord } from "../rpc/index.ts";
import { indexHeaders } from "./answer-headers.ts";
import { authorize } from "./authorize.ts";
import { decodeBody } from "./decode-body.ts";
import { family } from "./families.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { empty, json, jsonList, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Route } from "./route.ts";
import { elementOf } from "./shapes.ts";
import { mayReadNode, visible } from "./visible.ts";

const updateObject = objectOf({
	Datacenter: text,
	Node: text,
	Segment: text,
	Coord: objectOf({ Vec: listOf(number), Error: number, Adjustment: number, Height: number }),
	Partition: anything,
});

/** `/v1/coordinate/...`: where nodes are, measured in round-trip times (Vivaldi). */
export const coordinateRoutes: readonly Route[] = [
	{ path: "/v1/coordinate/datacenters", methods: { GET: { permission: "open", handle: datacenters } } },
	{ path: "/v1/coordinate/nodes", methods: { GET: { permission: "filtered", handle: nodes } } },
	{ path: "/v1/coordinate/node/", methods: { GET: { permission: "filtered", handle: node } } },
	{ path: "/v1/coordinate/update", methods: { PUT: { permission: "filtered", handle: update, body: updateObject } } },
];

/** As the servers of all datacenters measured it; those without any coordinate are left out, as in the reference. */
async function datacenters(_request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const all = await family(endpoints, "coordinate").datacenters();
	return json(
		all.flatMap(({ datacenter, area, servers }) =>
			servers.length === 0 ? [] : [{ Datacenter: datacenter, AreaID: area, Coordinates: servers.map(coordinateJson) }],
		),
	);
}

async function nodes(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const answer = await family(endpoints, "coordinate").nodes(readOptions(request));
	return listReply(request, answer);
}

async function node(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const options = readOptions(request);
	const answer = await family(endpoints, "coordinate").node(request.item, options);
	const reply = listReply(request, answer);
	if (answer.value.length > 0) return reply;
	// The reference's 404 has no index; a stream waits by it.
	return empty(404, request.query.has("stream") ? reply.headers : {});
}

const encodeCoordinate = elementOf(coordinateJson);

function listReply(request: ApiRequest, answer: Answer<readonly CoordinateRecord[]>): Reply {
	const segment = request.query.first("segment");
	const readable = visible(request, answer.value, mayReadNode(request));
	const shown = segment === undefined ? readable : readable.filter((each) => each.segment === segment);
	return jsonList(shown, encodeCoordinate, {
		headers: indexHeaders(answer),
		keyOf: ({ node, segment }) => `${node}\t${segment}`,
	});
}

function coordinateJson({ node, segment, coordinate }: CoordinateRecord) {
	const { vec, error, adjustment, height } = coordinate;
	return {
		Node: node,
		Segment: segment,
		Coord: { Vec: vec, Error: error, Adjustment: adjustment, Height: height },
	};
}

async function update(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const fields = decodeBody(bodyText(request), updateObject);
	const { Node: name = "", Coord: coord } = fields;
	if (coord === undefined) throw new DiscoError("COORDINATE_INVALID", "incompatible coordinate");
	authorize(request, { resource: "node", access: "write" }, name);
	const coordinate = {
		vec: coord.Vec ?? [],
		error: coord.Error ?? 0,
		adjustment: coord.Adjustment ?? 0,
		height: coord.Height ?? 0,
	};
	await family(endpoints, "coordinate").update(
		{ node: name, segment: fields.Segment ?? "", coordinate },
		{ ...writeOptions(request), ...(fields.Datacenter ? { datacenter: fields.Datacenter } : {}) },
	);
	return empty();
}
