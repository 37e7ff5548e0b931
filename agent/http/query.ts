import { DiscoError } from "../../lib/errors.ts";
import type { Answer, PreparedQueryRecord } from "../rpc/index.ts";
import { catalogHeaders, indexHeaders, readBodyFields } from "./answer-headers.ts";
import { family } from "./families.ts";
import { isElsewhere } from "./near.ts";
import { parseQuery, queryJson, queryObject } from "./query-definition.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { empty, json, jsonList, plainText, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Route } from "./route.ts";
import { bareCheckJson, bareServiceJson, elementOf, nodeJson } from "./shapes.ts";
import { mayReadInstance, visible } from "./visible.ts";

/** `/v1/query` and what is below: the queries, and what they give when they are executed. */
export const queryRoutes: readonly Route[] = [
	{
		path: "/v1/query",
		methods: {
			GET: { permission: "filtered", handle: list },
			POST: { permission: "filtered", handle: create, body: queryObject },
		},
	},
	{
		path: "/v1/query/",
		methods: {
			GET: { permission: "filtered", handle: read },
			PUT: { permission: "filtered", handle: update, body: queryObject },
			DELETE: { permission: "filtered", handle: remove },
		},
		otherMethod,
	},
];

const part = /\/(execute|explain)$/;

/** The reference answers `OPTIONS` with an empty object here, and leaves it out of `Allow` elsewhere. */
function otherMethod(method: string, item: string): Reply {
	const allowed = part.test(item) ? "GET" : "GET,PUT,DELETE";
	return method === "OPTIONS" ? json({}, { Allow: `OPTIONS,${allowed}` }) : notAllowed(method, allowed);
}

function notAllowed(method: string, allowed: string): Reply {
	return plainText(405, `method ${method} not allowed`, { Allow: allowed });
}

function mayUse(request: ApiRequest, access: "read" | "write", { name }: { readonly name: string }): boolean {
	// A query without a name is known to who knows its id.
	return name === "" || request.authorizer.allows({ resource: "query", access }, name);
}

function requireUse(request: ApiRequest, access: "read" | "write", query: { readonly name: string }): void {
	if (mayUse(request, access, query)) return;
	throw new DiscoError(
		"PERMISSION_DENIED",
		`Permission denied: token lacks permission 'query:${access}' on ${JSON.stringify(query.name)}`,
	);
}

const encodeQuery = elementOf(queryJson);

async function list(request: ApiRequest, context: Context): Promise<Reply> {
	const options = readOptions(request);
	const answer = await family(context.endpoints, "query").list(options);
	const headers = catalogHeaders(answer, options, request, context, { hasCache: false });
	return jsonList(
		visible(request, answer.value, (query) => mayUse(request, "read", query)),
		encodeQuery,
		{ headers, keyOf: ({ id }) => id },
	);
}

async function create(request: ApiRequest, context: Context): Promise<Reply> {
	const { id, ...query } = parseQuery(bodyText(request));
	if (id !== "") throw new DiscoError("QUERY_INVALID", "ID must be empty when creating a new prepared query");
	requireUse(request, "write", query);
	return json({ ID: await family(context.endpoints, "query").create(query, writeOptions(request)) });
}

async function update(request: ApiRequest, context: Context): Promise<Reply> {
	const [, what] = part.exec(request.item) ?? [];
	if (what !== undefined) return notAllowed("PUT", "GET");
	// Without a body it is a query without anything, as in the reference.
	const query = { ...parseQuery(bodyText(request) || "{}"), id: request.item };
	requireUse(request, "write", query);
	await family(context.endpoints, "query").update(query, writeOptions(request));
	return empty();
}

async function remove(request: ApiRequest, context: Context): Promise<Reply> {
	if (part.test(request.item)) return notAllowed("DELETE", "GET");
	const queries = family(context.endpoints, "query");
	const { value } = await queries.get(request.item, { ...readOptions(request), minIndex: 0 });
	if (value !== undefined) requireUse(request, "write", value);
	await queries.delete(request.item, writeOptions(request));
	return empty();
}

function read(request: ApiRequest, context: Context): Promise<Reply> {
	const [, what] = part.exec(request.item) ?? [];
	const name = request.item.replace(part, "");
	if (what === "execute") return execute(request, context, name);
	if (what === "explain") return explain(request, context, name);
	return show(request, context, name);
}

async function show(request: ApiRequest, context: Context, id: string): Promise<Reply> {
	const options = readOptions(request);
	const answer = await family(context.endpoints, "query").get(id, options);
	const { value } = answer;
	if (value === undefined) return unknownQuery(context, answer);
	requireUse(request, "read", value);
	return jsonList([value], encodeQuery, {
		headers: catalogHeaders(answer, options, request, context, { hasCache: false }),
	});
}

async function explain(request: ApiRequest, context: Context, name: string): Promise<Reply> {
	const options = readOptions(request);
	const answer: Answer<PreparedQueryRecord | undefined> = await family(context.endpoints, "query").explain(
		name,
		options,
	);
	const { value } = answer;
	if (value === undefined) return unknownQuery(context, answer);
	requireUse(request, "read", value);
	const headers = catalogHeaders(answer, options, request, context, { hasCache: false });
	return json({ Query: queryJson(value), ...readBodyFields(answer, options.effective) }, headers);
}

async function execute(request: ApiRequest, context: Context, name: string): Promise<Reply> {
	const options = readOptions(request);
	const elsewhere = isElsewhere(request, context.config);
	const near = elsewhere ? "" : (request.query.first("near") ?? "");
	const answer = await family(context.endpoints, "query").execute(
		name,
		{
			agentNode: elsewhere ? "" : context.config.nodeName,
			...(near === "" ? {} : { near }),
			sourceIp: request.clientAddress(),
			limit: limitOf(request),
		},
		options,
	);
	const { value } = answer;
	// Through its cache the reference loses what kind of error it is.
	if (value === undefined)
		return { ...unknownQuery(context, answer), status: options.cached && context.config.compat ? 500 : 404 };
	const headers = catalogHeaders(answer, options, request, context, { hasCache: true });
	const nodes = visible(request, value.instances, mayReadInstance(request)).map(({ node, service, checks }) => ({
		Node: nodeJson(node),
		Service: bareServiceJson(service),
		// Null without any, unlike in health answers.
		Checks: checks.length === 0 ? null : checks.map(bareCheckJson),
	}));
	return json(
		{
			Service: value.service,
			Nodes: nodes,
			DNS: { TTL: value.dnsTtl },
			Datacenter: value.datacenter,
			Failovers: value.failovers,
			...readBodyFields(answer, options.effective),
		},
		headers,
	);
}

/** 0 for all. */
function limitOf({ query }: ApiRequest): number {
	const text = query.first("limit") ?? "";
	if (text === "") return 0;
	if (/^[+-]?\d{1,15}$/.test(text)) return Math.max(0, Number(text));
	throw new DiscoError("NUMBER_INVALID", `Bad limit: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** The reference says there that it knows no leader; only for `-compat`, it does know one. */
function unknownQuery(context: Context, answer: Answer<unknown>): Reply {
	return plainText(404, "Query not found", {
		...indexHeaders(answer),
		...(context.config.compat ? { "X-Consul-Knownleader": "false" } : {}),
	});
}
