import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import { compareUtf8, encodeJson } from "../../lib/json/index.ts";
import type { Answer, NodeRecord, ServiceRecord } from "../rpc/index.ts";
import { cacheHeaders, catalogHeaders } from "./answer-headers.ts";
import {
	deregistrationObject,
	parseDeregistration,
	parseRegistration,
	registrationObject,
} from "./catalog-registration.ts";
import { badRequest } from "./failures.ts";
import type { Predicate } from "./filter/index.ts";
import { applyFilter, filterOf } from "./filtering.ts";
import { nearestFirst } from "./near.ts";
import { nodeMetaOf } from "./parameters.ts";
import { consistencyOf, type ReadRequest, readOptions } from "./read-options.ts";
import { json, jsonList, jsonMembers, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Operation, type Route } from "./route.ts";
import { catalogServiceJson, elementOf, instanceKey, listedServiceJson, nodeJson, serviceJson } from "./shapes.ts";
import { mayReadInstance, mayReadNode, mayReadService, visible } from "./visible.ts";

/** `/v1/catalog/...` */
export const catalogRoutes: readonly Route[] = [
	{
		path: "/v1/catalog/register",
		methods: { PUT: { permission: "filtered", handle: register, body: registrationObject } },
	},
	{
		path: "/v1/catalog/deregister",
		methods: { PUT: { permission: "filtered", handle: deregister, body: deregistrationObject } },
	},
	{
		path: "/v1/catalog/datacenters",
		methods: {
			GET: {
				permission: "open",
				handle: async (request, context) => {
					const { cached } = consistencyOf(request);
					return json(await context.endpoints.catalog.datacenters(), cached ? cacheHeaders(request, context) : {});
				},
			},
		},
	},
	{ path: "/v1/catalog/nodes", isQuick: true, methods: { GET: filtered(nodes) } },
	{ path: "/v1/catalog/services", isQuick: true, methods: { GET: filtered(services) } },
	{ path: "/v1/catalog/service/", isQuick: true, methods: { GET: filtered(service) } },
	{ path: "/v1/catalog/node/", isQuick: true, methods: { GET: filtered(node) } },
	{ path: "/v1/catalog/node-services/", isQuick: true, methods: { GET: filtered(nodeServices) } },
];

function filtered(handle: Operation["handle"]): Operation {
	return { permission: "filtered", handle };
}

async function register(request: ApiRequest, context: Context): Promise<Reply> {
	const { registration, datacenter } = parseRegistration(bodyText(request), context.config.datacenter);
	try {
		await context.endpoints.catalog.register(registration, { datacenter, token: request.token });
	} catch (error) {
		// The agent's own endpoints answer 404 for a service that they do not know, the catalog 500.
		if (errorCode(error) !== "SERVICE_UNKNOWN") throw error;
		throw new DiscoError("CATALOG_INVALID", errorMessage(error), { cause: error });
	}
	return json(true);
}

async function deregister(request: ApiRequest, context: Context): Promise<Reply> {
	const { deregistration, datacenter } = parseDeregistration(bodyText(request));
	await context.endpoints.catalog.deregister(deregistration, { datacenter, token: request.token });
	return json(true);
}

const encodeNode = elementOf(nodeJson);
const encodeCatalogService = elementOf(catalogServiceJson);

async function nodes(request: ApiRequest, context: Context): Promise<Reply> {
	const read = readOptions(request);
	const filter = filterOf(request, "node");
	const answer = await context.endpoints.catalog.nodes({ ...read, ...nodeMetaOf(request) });
	const headers = catalogHeaders(answer, read, request, context, { hasCache: false });
	const near = await nearestFirst(request, context, answer.value, ({ node }) => node);
	const shown = applyFilter(filter, visible(request, near, mayReadNode(request)), nodeJson);
	return jsonList(shown, encodeNode, { headers, keyOf: ({ node }) => node, ...sharedIf(shown, answer, "nodes") });
}

async function services(request: ApiRequest, context: Context): Promise<Reply> {
	const read = readOptions(request);
	const filter = filterOf(request, "catalog-service");
	const answer = await context.endpoints.catalog.services({ ...read, ...nodeMetaOf(request) });
	const headers = catalogHeaders(answer, read, request, context, { hasCache: true });
	const all = entriesOf(answer.value);
	const named = visible(request, all, ([name]) => mayReadService(request)(name));
	const shown = filter === undefined ? named : await filteredServices(named, filter, { request, read, context });
	const shared = shown === all ? { shared: { source: answer.value, view: "services" } } : {};
	return jsonMembers(shown, encodeServiceTags, { headers, ...shared });
}

/**
 * A filter looks at the instances, of which it sees nothing of the node but its name (measured); a service stays when one of its
 * instances does, with their tags.
 */
async function filteredServices(
	services: readonly (readonly [string, readonly string[]])[],
	filter: Predicate,
	{ request, read, context }: { request: ApiRequest; read: ReadRequest; context: Context },
): Promise<readonly (readonly [string, readonly string[]])[]> {
	const shown: [string, readonly string[]][] = [];
	for (const [name] of services) {
		const question = { ...read, minIndex: 0, ...nodeMetaOf(request) };
		const { value } = await context.endpoints.catalog.service(name, question);
		const kept = value.filter((instance) => instance.service.service === name && filter(listedServiceJson(instance)));
		if (kept.length > 0) shown.push([name, [...new Set(kept.flatMap(({ service }) => service.tags ?? []))]]);
	}
	return shown;
}

const entries = new WeakMap<object, readonly (readonly [string, readonly string[]])[]>();

/** As a list, which is made once for all who read this answer. */
function entriesOf(
	services: ReadonlyMap<string, readonly string[]>,
): readonly (readonly [string, readonly string[]])[] {
	let list = entries.get(services);
	if (list === undefined) {
		list = [...services].sort(([a], [b]) => compareUtf8(a, b));
		entries.set(services, list);
	}
	return list;
}

function encodeServiceTags([name, tags]: readonly [string, readonly string[]], pretty: boolean): string {
	return `${encodeJson(name)}${pretty ? ": " : ":"}${encodeJson(tags, pretty, 1)}`;
}

async function service(request: ApiRequest, context: Context): Promise<Reply> {
	const read = readOptions(request);
	if (request.item === "") throw badRequest("Missing service name");
	const filter = filterOf(request, "catalog-service");
	const tags = request.query.all("tag");
	const answer = await context.endpoints.catalog.service(request.item, {
		...read,
		...nodeMetaOf(request),
		...(tags.length === 0 ? {} : { tags }),
	});
	const headers = catalogHeaders(answer, read, request, context, { hasCache: true });
	const near = await nearestFirst(request, context, answer.value, ({ node }) => node.node);
	const shown = applyFilter(filter, visible(request, near, mayReadInstance(request)), catalogServiceJson);
	return jsonList(shown, encodeCatalogService, {
		headers,
		keyOf: instanceKey,
		...sharedIf(shown, answer, "catalog-service"),
	});
}

type NodeAnswer = Answer<{ readonly node: NodeRecord; readonly services: readonly ServiceRecord[] } | undefined>;

async function node(request: ApiRequest, context: Context): Promise<Reply> {
	const { answer, read, shown } = await readNode(request, context);
	const headers = catalogHeaders(answer, read, request, context, { hasCache: false });
	if (shown === undefined) return json(null, headers);
	const byId = new Map(shown.services.map((each) => [each.id, serviceJson(each)]));
	return json({ Node: nodeJson(shown.node), Services: byId }, headers);
}

async function nodeServices(request: ApiRequest, context: Context): Promise<Reply> {
	const { answer, read, shown } = await readNode(request, context);
	const headers = catalogHeaders(answer, read, request, context, { hasCache: false });
	if (shown === undefined) return json({ Node: null, Services: null }, headers);
	// Null without any, unless a filter left none.
	const isNull = shown.services.length === 0 && (request.query.first("filter") ?? "") === "";
	return json({ Node: nodeJson(shown.node), Services: isNull ? null : shown.services.map(serviceJson) }, headers);
}

async function readNode(
	request: ApiRequest,
	context: Context,
): Promise<{ readonly answer: NodeAnswer; readonly read: ReadRequest; readonly shown: NodeAnswer["value"] }> {
	const read = readOptions(request);
	if (request.item === "") throw badRequest("Missing node name");
	const filter = filterOf(request, "service");
	const answer: NodeAnswer = await context.endpoints.catalog.node(request.item, read);
	const found = answer.value;
	if (found === undefined || !mayReadNode(request)(found.node)) return { answer, read, shown: undefined };
	const readable = visible(request, found.services, (each) => mayReadService(request)(each.service));
	return { answer, read, shown: { node: found.node, services: applyFilter(filter, readable, serviceJson) } };
}

/** An unfiltered answer is encoded once for all its readers. */
export function sharedIf(
	shown: unknown,
	answer: Answer<object>,
	view: string,
): { readonly shared?: { readonly source: object; readonly view: string } } {
	return shown === answer.value ? { shared: { source: answer.value, view } } : {};
}
