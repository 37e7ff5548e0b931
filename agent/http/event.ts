import type { Encodable } from "../../lib/json/index.ts";
import type { UserEvent } from "../rpc/index.ts";
import { badRequest } from "./failures.ts";
import { family } from "./families.ts";
import { parseUint64 } from "./numbers.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { json, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";
import { visible } from "./visible.ts";

/** `/v1/event/...`: short messages to all agents, spread by gossip. */
export const eventRoutes: readonly Route[] = [
	{
		path: "/v1/event/fire/",
		methods: {
			PUT: { permission: { resource: "event", access: "write", of: ({ item }) => item }, handle: fire },
		},
	},
	{ path: "/v1/event/list", methods: { GET: { permission: "filtered", handle: list } } },
];

async function fire(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	if (request.item === "") throw badRequest("Missing name");
	const { query } = request;
	const fired = await family(endpoints, "event").fire(
		{
			name: request.item,
			payload: request.body,
			nodeFilter: query.first("node") ?? "",
			serviceFilter: query.first("service") ?? "",
			tagFilter: query.first("tag") ?? "",
		},
		writeOptions(request),
	);
	return json(eventJson(fired));
}

/** The index stands for the newest event, not for a place in a log: it says "another one", never "later". */
async function list(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const { query } = request;
	const { maxWaitMs, minIndex } = readOptions(request);
	const filters = ["name", "node", "service", "tag"].flatMap((name) => {
		const value = query.first(name) ?? "";
		return value === "" ? [] : [[name, value] as const];
	});
	const { value, index } = await family(endpoints, "event").list(Object.fromEntries(filters), {
		// Beyond 2^53, where `minIndex` is not exact.
		index: minIndex === 0 ? 0n : parseUint64(query.first("index") ?? "", "index"),
		maxWaitMs,
		...(minIndex === 0 ? {} : { signal: request.signal() }),
	});
	const readable = visible(request, value, ({ name }) =>
		request.authorizer.allows({ resource: "event", access: "read" }, name),
	);
	return json(readable.map(eventJson), { "X-Consul-Index": String(index === 0n ? 1n : index) });
}

function eventJson(event: UserEvent): { readonly [field: string]: Encodable } {
	return {
		ID: event.id,
		Name: event.name,
		Payload: event.payload.byteLength === 0 ? null : Buffer.from(event.payload).toString("base64"),
		NodeFilter: event.nodeFilter,
		ServiceFilter: event.serviceFilter,
		TagFilter: event.tagFilter,
		Version: event.version,
		LTime: event.lamportTime,
	};
}
