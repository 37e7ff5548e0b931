import { describe, expect, it } from "vitest";
import { nodeClock } from "../../lib/node/index.ts";
import { refusedPaths } from "./mesh.ts";
import { openApiDocument } from "./openapi.ts";
import { descriptions } from "./openapi-descriptions.ts";
import type { HttpServerOptions } from "./options.ts";
import { routes } from "./routes.ts";

/** Only what the table of routes is made from. */
const table = routes({ config: {}, clock: nodeClock } as unknown as HttpServerOptions);

describe("OpenAPI document", () => {
	it("describes every operation but those of ACLs and of the mesh, which are refused, and nothing else", () => {
		const operations = table.flatMap(({ path, methods }) => Object.keys(methods).map((method) => `${method} ${path}`));
		const refused = refusedPaths.flatMap((path) =>
			["GET", "PUT", "POST", "DELETE"].map((method) => `${method} ${path}`),
		);
		const expected = operations.filter((name) => !name.includes("/v1/acl/") && !refused.includes(name)).sort();
		expect(Object.keys(descriptions).sort()).toEqual(expected);
	});

	it("refers only to what is there, and gives each operation a name of its own", () => {
		const text = JSON.stringify(openApiDocument(table));
		const document = JSON.parse(text);
		for (const [, name = ""] of text.matchAll(/"#\/components\/parameters\/([^"]+)"/g)) {
			expect(document.components.parameters).toHaveProperty([name]);
		}
		const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id);
		expect(new Set(ids).size).toBe(ids.length);
	});

	it("shows what the parsers accept", () => {
		const document = JSON.parse(JSON.stringify(openApiDocument(table)));
		expect(document.openapi).toBe("3.1.0");
		const { put } = document.paths["/v1/agent/service/register"];
		const { schema } = put.requestBody.content["application/json"];
		expect(schema.properties.Tags).toEqual({ type: "array", items: { type: "string" } });
		expect(schema.properties.Checks.items.properties.Interval.type).toEqual(["string", "integer"]);
		expect(document.paths["/v1/kv/{key}"].get.parameters).toContainEqual({
			$ref: "#/components/parameters/recurse",
		});
	});
});
