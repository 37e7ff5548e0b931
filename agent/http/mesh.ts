import { catalogHeaders } from "./answer-headers.ts";
import { badRequest } from "./failures.ts";
import type { SchemaName } from "./filter/index.ts";
import { filterOf } from "./filtering.ts";
import { streamingHeaders } from "./health.ts";
import { passingOf } from "./parameters.ts";
import { readOptions } from "./read-options.ts";
import { json, plainText, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Method, Operation, Route } from "./route.ts";

/** Reads that ask which proxies or gateways of the service mesh stand before a service: none ever does. */
const readPaths: Readonly<Record<string, SchemaName | "none">> = {
	"/v1/catalog/connect/": "catalog-service",
	"/v1/catalog/gateway-services/": "none",
	"/v1/health/connect/": "health-service",
	"/v1/health/ingress/": "health-service",
};

/** What only an agent with a service mesh, peers, namespaces or partitions has. */
export const refusedPaths: readonly string[] = [
	"/v1/agent/connect/authorize",
	"/v1/agent/connect/ca/roots",
	"/v1/agent/connect/ca/leaf/",
	"/v1/config",
	"/v1/config/",
	"/v1/connect/ca/roots",
	"/v1/connect/ca/configuration",
	"/v1/connect/intentions",
	"/v1/connect/intentions/",
	"/v1/discovery-chain/",
	"/v1/exported-services",
	"/v1/internal/federation-states",
	"/v1/internal/federation-states/mesh-gateways",
	"/v1/internal/federation-state/",
	"/v1/peering",
	"/v1/peering/",
	"/v1/peerings",
];

/** The service mesh's endpoints: its reads of services find nothing, everything else says that there is none (decision 2). */
export const meshRoutes: readonly Route[] = [
	...Object.entries(readPaths).map(([path, schema]): Route => ({ path, methods: { GET: nothing(path, schema) } })),
	...refusedPaths.map((path): Route => ({ path, methods: refused(path) })),
];

function nothing(path: string, schema: SchemaName | "none"): Operation {
	return {
		permission: "filtered",
		handle: async (request: ApiRequest, context: Context): Promise<Reply> => {
			const read = readOptions(request);
			if (request.item === "") throw badRequest("Missing service name");
			if (schema !== "none") filterOf(request, schema);
			if (schema === "health-service") passingOf(request);
			const answer = await context.endpoints.catalog.service(request.item, read);
			return json([], {
				...catalogHeaders(answer, read, request, context, { hasCache: schema === "health-service" }),
				...(path === "/v1/health/connect/" && context.config.compat ? streamingHeaders(read, request) : {}),
			});
		},
	};
}

function refused(path: string): Readonly<Record<Method, Operation>> {
	const operation: Operation = {
		permission: "open",
		handle: () =>
			plainText(404, `Endpoint ${path} is not supported: disco has no service mesh, config entries or peering\n`),
	};
	return { GET: operation, PUT: operation, POST: operation, DELETE: operation };
}
