import { describe, expect, it } from "vitest";
import type { CheckStatus } from "../../lib/api/index.ts";
import type { PreparedQueryContent, QueryService } from "../state/index.ts";
import type { QuerySource } from "./endpoints.ts";
import { checkContent, queryService, read, registration, serviceContent, startServer, write } from "./testing.ts";

const source: QuerySource = { agentNode: "n1" };

function query(name: string, service: Partial<QueryService> = {}, fields: Partial<PreparedQueryContent> = {}) {
	return {
		name,
		session: "",
		token: "",
		template: { type: "", regexp: "", removeEmptyTags: false },
		service: queryService("web", service),
		dnsTtl: "",
		...fields,
	};
}

/** `web` on n1 (passing, red), n2 (warning, blue), n3 (critical). */
async function withWeb() {
	const parts = await startServer();
	const instances: [string, string[], CheckStatus][] = [
		["n1", ["Red", "v1"], "passing"],
		["n2", ["blue", "v1"], "warning"],
		["n3", ["v1"], "critical"],
	];
	for (const [node, tags, status] of instances)
		await parts.endpoints.catalog.register(
			registration(node, {
				address: `10.0.0.${node.slice(1)}`,
				meta: { zone: node },
				service: serviceContent("web", { tags, meta: { on: node } }),
				checks: [checkContent("c", { serviceId: "web", status })],
			}),
			write,
		);
	const nodesOf = async (idOrName: string, from: QuerySource = source) =>
		(await parts.endpoints.query.execute(idOrName, from, read)).value?.instances.map(({ node }) => node.node);
	return { ...parts, nodesOf };
}

describe("a prepared query", () => {
	it.each<[string, Partial<QueryService>, string[]]>([
		["asks for what is not critical", {}, ["n1", "n2"]],
		["only passing", { onlyPassing: true }, ["n1"]],
		["by tags, without regard to case", { tags: ["V1", "red"] }, ["n1"]],
		["without a tag", { tags: ["v1", "!RED"] }, ["n2"]],
		["whatever a check says", { ignoreCheckIds: ["c"] }, ["n1", "n2", "n3"]],
		["by node meta", { nodeMeta: { zone: "n2" } }, ["n2"]],
		["by service meta", { serviceMeta: { on: "n1" } }, ["n1"]],
		["of nothing", { service: "none" }, []],
	])("%s", async (_, service, expected) => {
		const { endpoints, nodesOf } = await withWeb();
		const id = await endpoints.query.create(query("q", service), write);
		expect((await nodesOf("Q"))?.sort()).toEqual(expected);
		expect((await nodesOf(id))?.sort()).toEqual(expected);
	});

	it("gives the nearest first, the node itself at the very front, and no more than wanted", async () => {
		const { endpoints, clock, nodesOf } = await withWeb();
		await endpoints.query.create(query("q", { ignoreCheckIds: ["c"] }), write);
		for (const [node, at] of [
			["n1", 0],
			["n2", 5],
			["n3", 1],
		] as const)
			await endpoints.coordinate.update(
				{ node, segment: "", coordinate: { vec: [at, 0, 0, 0, 0, 0, 0, 0], error: 1, adjustment: 0, height: 0 } },
				write,
			);
		expect((await endpoints.coordinate.nodes(read)).value).toEqual([]);
		await clock.advanceAsync(1_000);
		expect((await endpoints.coordinate.nodes(read)).value).toHaveLength(3);
		expect(await nodesOf("q", { agentNode: "n1", near: "_agent" })).toEqual(["n1", "n3", "n2"]);
		expect(await nodesOf("q", { agentNode: "n1", near: "N2" })).toEqual(["n2", "n3", "n1"]);
		expect(await nodesOf("q", { agentNode: "n1", near: "_ip", sourceIp: "10.0.0.3", limit: 2 })).toEqual(["n3", "n1"]);
		expect(await nodesOf("q", { agentNode: "n1", limit: 1 })).toHaveLength(1);
	});

	it("is found by the template with the longest prefix, filled in, but not by the template's id", async () => {
		const { endpoints } = await withWeb();
		const template = { type: "name_prefix_match", regexp: "", removeEmptyTags: false };
		// biome-ignore lint/suspicious/noTemplateCurlyInString: a template's own syntax
		const id = await endpoints.query.create(query("geo-", { service: "${name.suffix}" }, { template }), write);
		await endpoints.query.create(query("", { service: "other" }, { template }), write);
		expect((await endpoints.query.explain("geo-web", read)).value?.service.service).toBe("web");
		expect((await endpoints.query.execute("geo-web", source, read)).value?.instances).toHaveLength(2);
		expect((await endpoints.query.explain("else", read)).value?.service.service).toBe("other");
		await expect(endpoints.query.explain(id, read)).rejects.toMatchObject({ code: "QUERY_INVALID" });
	});

	it("ends with its session", async () => {
		const { endpoints } = await withWeb();
		const wanted = { name: "", node: "n1", behavior: "", lockDelayMs: 0, ttl: "", nodeChecks: [], serviceChecks: [] };
		const session = await endpoints.session.create(wanted, write);
		const id = await endpoints.query.create(query("q", {}, { session }), write);
		await endpoints.session.destroy(session, write);
		expect((await endpoints.query.get(id, read)).value).toBeUndefined();
	});

	it.each<[string, ReturnType<typeof query>, string]>([
		["neither name nor session", query(""), "Invalid prepared query: Must be bound to a session"],
		["no service", query("x", { service: "" }), "Invalid prepared query: Must provide a Service name to query"],
		["a bad TTL", query("x", {}, { dnsTtl: "soon" }), "Invalid prepared query: Bad DNS TTL 'soon'"],
		["a negative TTL", query("x", {}, { dnsTtl: "-1s" }), "must be >=0"],
		[
			"a negative NearestN",
			query("x", { failover: { nearestN: -1, datacenters: null, targets: null } }),
			"Bad NearestN '-1', must be >= 0",
		],
		["a taken name", query("TAKEN"), "name 'TAKEN' aliases an existing query name"],
		["an unknown session", query("x", {}, { session: "zz" }), `invalid session "zz"`],
		[
			"a bad meta key",
			query("x", { nodeMeta: { "a b": "v" } }),
			"Couldn't load metadata pair ('a b', 'v'): Key contains invalid characters",
		],
	])("with %s is refused", async (_, given, message) => {
		const { endpoints } = await startServer();
		await endpoints.query.create(query("taken"), write);
		await expect(endpoints.query.create(given, write)).rejects.toThrow(message);
	});

	it("that is not there cannot be changed", async () => {
		const { endpoints } = await startServer();
		const id = "9c1bb9d7-29b4-4cf1-92f4-5b2eb1d0a1b5";
		const unknown = { code: "QUERY_UNKNOWN", message: `Cannot modify non-existent prepared query: '${id}'` };
		await expect(endpoints.query.update({ ...query(""), id }, write)).rejects.toMatchObject(unknown);
		await expect(endpoints.query.delete(id, write)).rejects.toMatchObject(unknown);
		await expect(endpoints.query.get("zap", read)).rejects.toMatchObject({ code: "QUERY_ID_INVALID" });
		expect((await endpoints.query.get(id, read)).value).toBeUndefined();
	});
});
