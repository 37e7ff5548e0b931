import { type Encodable, type JsonSchema, schemaOf } from "../../lib/json/index.ts";
import { version } from "../../lib/version.ts";
import { type Description, descriptions, groups, parameters } from "./openapi-descriptions.ts";
import { json } from "./reply.ts";
import type { Method, Operation, Route } from "./route.ts";

type Struct = { readonly [field: string]: Encodable | undefined };

/** `/v1/openapi.json`, disco's own: the API as a machine reads it, from the routes and the parsers that answer. */
export function openApiRoutes(routes: readonly Route[]): readonly Route[] {
	let document: Struct | undefined;
	const route: Route = {
		path: "/v1/openapi.json",
		methods: {
			GET: {
				permission: "open",
				handle: () => {
					document ??= openApiDocument([...routes, route]);
					return json(document);
				},
			},
		},
	};
	return [route];
}

/** OpenAPI 3.1 of the routes that are described. Those of ACLs are, when there are ACLs. */
export function openApiDocument(routes: readonly Route[]): Struct {
	const paths = new Map<string, Struct>();
	for (const route of routes) {
		for (const [method, operation] of Object.entries(route.methods) as [Method, Operation][]) {
			const description = descriptions[`${method} ${route.path}`];
			if (description === undefined) continue;
			const path = description.item === undefined ? route.path : `${route.path}{${description.item}}`;
			paths.set(path, {
				...paths.get(path),
				[method.toLowerCase()]: operationJson(operation, description, `${method} ${path}`),
			});
		}
	}
	return {
		openapi: "3.1.0",
		info: {
			title: "disco agent",
			version,
			description:
				"Service discovery, health, key-value store, sessions and queries; compatible with Consul 1.14, with additions of its own. Names of fields in bodies match without regard to case.",
			license: { name: "Apache-2.0", identifier: "Apache-2.0" },
		},
		servers: [{ url: "http://127.0.0.1:8500" }],
		security: [{}, { token: [] }, { bearer: [] }],
		paths: Object.fromEntries(paths),
		components: {
			parameters: Object.fromEntries(
				Object.entries(parameters).map(([name, [type, text]]) => [name, parameterJson(name, type, text)]),
			),
			securitySchemes: {
				token: { type: "apiKey", in: "header", name: "X-Consul-Token" },
				bearer: { type: "http", scheme: "bearer" },
			},
		},
	};
}

function operationJson(operation: Operation, description: Description, id: string): Struct {
	const { summary, item, bodyType, answerType = "application/json" } = description;
	const names = (description.query ?? []).flatMap((name) => (isGroup(name) ? groups[name] : [name]));
	return {
		operationId: id
			.replace(/^(\w+) \/v1\//, (_whole, method: string) => `${method.toLowerCase()}_`)
			.replaceAll(/[{}]/g, "")
			.replaceAll(/[^a-zA-Z0-9]+/g, "_"),
		summary,
		tags: [id.split("/")[2] ?? ""],
		parameters: [
			...(item === undefined ? [] : [{ name: item, in: "path", required: true, schema: { type: "string" } }]),
			...[...new Set(names)].map((name) => ({ $ref: `#/components/parameters/${name}` })),
			{ $ref: "#/components/parameters/pretty" },
		],
		...(operation.body === undefined && bodyType === undefined
			? {}
			: { requestBody: { content: bodyContent(operation, bodyType) } }),
		responses: {
			"200": { description: "done", content: { [answerType]: { schema: {} } } },
			...(typeof operation.permission === "string" ? {} : { "403": { description: permissionText(operation) } }),
			default: { description: "an error, as text", content: { "text/plain": { schema: { type: "string" } } } },
		},
	};
}

function bodyContent({ body }: Operation, bodyType: string | undefined): Struct {
	if (body === undefined) return { [bodyType ?? "application/octet-stream"]: {} };
	return { "application/json": { schema: schemaJson(schemaOf(body)) } };
}

function permissionText({ permission }: Operation): string {
	if (typeof permission === "string") return permission;
	return `the token lacks ${permission.resource}:${permission.access}`;
}

function isGroup(name: string): name is keyof typeof groups {
	return Object.hasOwn(groups, name);
}

function parameterJson(name: string, type: string, description: string): Struct {
	const schema = type === "flag" ? { type: ["string", "boolean"] } : { type };
	return {
		name,
		in: "query",
		description,
		...(type === "flag" ? { allowEmptyValue: true } : {}),
		schema,
	};
}

function schemaJson(schema: JsonSchema): Struct {
	return schema as Struct;
}
