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

/** What only an agent with a service mesh, config entries or peers has. */
const refused: Readonly<Record<string, readonly Method[]>> = {
	"/v1/agent/connect/authorize": ["POST"],
	"/v1/agent/connect/ca/roots": ["GET"],
	"/v1/agent/connect/ca/leaf/": ["GET"],
	"/v1/config": ["PUT"],
	"/v1/config/": ["GET", "DELETE"],
	"/v1/connect/ca/roots": ["GET"],
	"/v1/connect/ca/configuration": ["GET", "PUT"],
	"/v1/connect/intentions": ["GET", "POST"],
	"/v1/connect/intentions/": ["GET", "PUT", "DELETE"],
	"/v1/discovery-chain/": ["GET", "POST"],
	"/v1/internal/federation-states": ["GET"],
	"/v1/internal/federation-states/mesh-gateways": ["GET"],
	"/v1/internal/federation-state/": ["GET"],
	"/v1/peering/": ["GET", "DELETE"],
	"/v1/peering/establish": ["POST"],
	"/v1/peering/token": ["POST"],
	"/v1/peerings": ["GET"],
};

export const refusedPaths = Object.keys(refused);

/** The service mesh's endpoints: its reads of services find nothing, everything else says that there is none (decision 2). */
export const meshRoutes: readonly Route[] = [
	...Object.entries(readPaths).map(([path, schema]): Route => ({ path, methods: { GET: nothing(path, schema) } })),
	...Object.entries(refused).map(([path, methods]): Route => ({ path, methods: refusing(path, methods) })),
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
				...catalogHeaders(answer, read, request, context, { hasCache: schema !== "none" }),
				...(path === "/v1/health/connect/" && context.config.compat ? streamingHeaders(read, request) : {}),
			});
		},
	};
}

function refusing(path: string, methods: readonly Method[]): Route["methods"] {
	const operation: Operation = {
		permission: "open",
		handle: () =>
			plainText(404, `Endpoint ${path} is not supported: disco has no service mesh, config entries or peering\n`),
	};
	return Object.fromEntries(methods.map((method) => [method, operation]));
}
