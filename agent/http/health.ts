import type { Answer, CheckRecord } from "../rpc/index.ts";
import { catalogHeaders } from "./answer-headers.ts";
import { sharedIf } from "./catalog.ts";
import { badRequest } from "./failures.ts";
import { applyFilter, filterOf } from "./filtering.ts";
import { nearestFirst } from "./near.ts";
import { nodeMetaOf, passingOf } from "./parameters.ts";
import { readOptions } from "./read-options.ts";
import { jsonList, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Operation, Route } from "./route.ts";
import { checkJson, checkKey, elementOf, healthEntryJson, instanceKey } from "./shapes.ts";
import { mayReadCheck, mayReadInstance, visible } from "./visible.ts";

type Read = ReturnType<typeof readOptions> & ReturnType<typeof nodeMetaOf>;

/** `/v1/health/...`: lists, never null. */
export const healthRoutes: readonly Route[] = [
	{
		path: "/v1/health/node/",
		isQuick: true,
		methods: { GET: checks("Missing node name", (name, read, { endpoints }) => endpoints.health.node(name, read)) },
	},
	{
		path: "/v1/health/checks/",
		isQuick: true,
		methods: {
			GET: checks("Missing service name", (name, read, { endpoints }) => endpoints.health.checks(name, read)),
		},
	},
	{
		path: "/v1/health/state/",
		isQuick: true,
		methods: {
			GET: checks("Missing check state", (state, read, { endpoints }) => endpoints.health.state(state, read)),
		},
	},
	{ path: "/v1/health/service/", isQuick: true, methods: { GET: { permission: "filtered", handle: service } } },
];

const encodeCheck = elementOf(checkJson);
const encodeEntry = elementOf(healthEntryJson);

/** The three that answer with checks differ only in what they ask for. */
function checks(
	missing: string,
	ask: (item: string, read: Read, context: Context) => Promise<Answer<readonly CheckRecord[]>>,
): Operation {
	return {
		permission: "filtered",
		handle: async (request, context) => {
			const read = readOptions(request);
			if (request.item === "") throw badRequest(missing);
			const filter = filterOf(request, "check");
			const answer = await ask(request.item, { ...read, ...nodeMetaOf(request) }, context);
			const headers = catalogHeaders(answer, read, request, context, { hasCache: false });
			const near = await nearestFirst(request, context, answer.value, ({ node }) => node);
			const shown = applyFilter(filter, visible(request, near, mayReadCheck(request)), checkJson);
			return jsonList(shown, encodeCheck, { headers, keyOf: checkKey, ...sharedIf(shown, answer, "checks") });
		},
	};
}

async function service(request: ApiRequest, context: Context): Promise<Reply> {
	const read = readOptions(request);
	if (request.item === "") throw badRequest("Missing service name");
	const filter = filterOf(request, "health-service");
	const tags = request.query.all("tag");
	const answer = await context.endpoints.health.service(request.item, {
		...read,
		...nodeMetaOf(request),
		...(tags.length === 0 ? {} : { tags }),
		passing: passingOf(request),
	});
	const headers = {
		...catalogHeaders(answer, read, request, context, { hasCache: true }),
		...(context.config.compat ? streamingHeaders(read, request) : {}),
	};
	const near = await nearestFirst(request, context, answer.value, ({ node }) => node.node);
	const shown = applyFilter(filter, visible(request, near, mayReadInstance(request)), healthEntryJson);
	return jsonList(shown, encodeEntry, { headers, keyOf: instanceKey, ...sharedIf(shown, answer, "health-service") });
}

/**
 * The reference answers this one question from its event stream when it is blocking or cached, and then says that it knows no
 * leader. Only for `-compat`: it does know one.
 */
export function streamingHeaders(
	read: ReturnType<typeof readOptions>,
	{ query }: ApiRequest,
): Readonly<Record<string, string>> {
	if (!read.cached && read.minIndex === 0) return {};
	if (query.first("near")) return {};
	return { "X-Consul-Knownleader": "false", "X-Consul-Query-Backend": "streaming" };
}
