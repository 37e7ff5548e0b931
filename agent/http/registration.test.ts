import { afterEach, describe, expect, it } from "vitest";
import { agent, closeAgents, list, put } from "./testing.ts";

afterEach(closeAgents);

describe("registration", () => {
	const published =
		'{"service":{"id":"api-1","name":"api","tags":["demo"],"address":"127.0.0.1","port":5000,"checks":{"name":"Health api","http":"http://127.0.0.1:5000/api/health","interval":"10s"}}}';

	it("takes the published example as it stands, and it is in every answer at once", async () => {
		const { base } = await agent();
		expect((await put(`${base}/v1/agent/service/register`, published)).status).toBe(200);
		const [service] = await list(`${base}/v1/catalog/service/api`);
		expect(service).toMatchObject({ ServiceID: "api-1", ServiceTags: ["demo"], ServicePort: 5000, Node: "n1" });
		const [entry] = await list(`${base}/v1/health/service/api`);
		expect(entry?.["Checks"]).toMatchObject([
			{ CheckID: "service:api-1", Name: "Health api", Interval: "10s", Type: "http" },
		]);
	});

	it.each([
		["", 2],
		["?replace-existing-checks=false", 2],
		["?replace-existing-checks=true", 1],
		["?replace-existing-checks", 1],
	])("with %s leaves %i checks", async (query, count) => {
		const { base } = await agent();
		const check = (id: string) => ({ Name: "web", Check: { CheckID: id, TTL: "1m" } });
		await put(`${base}/v1/agent/service/register`, check("a"));
		expect((await put(`${base}/v1/agent/service/register${query}`, check("b"))).status).toBe(200);
		expect(await list(`${base}/v1/health/checks/web`)).toHaveLength(count);
	});

	it("refuses the envelope with -compat, as the reference does", async () => {
		const { base } = await agent({ compat: true });
		const answer = await put(`${base}/v1/agent/service/register`, published);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toBe('Request decode failed: json: unknown field "service"');
	});

	it.each([
		["{", 400, "unexpected EOF"],
		["", 400, "EOF"],
		["[]", 400, "it must be an object"],
		['{"Name":"x","Port":"80"}', 400, 'cannot take "80" for field Port: it must be a whole number'],
		['{"Name":"x","Zap":1}', 400, 'unknown field "Zap"'],
		['{"ID":"x"}', 400, "Missing service name"],
		['{"Name":"x","Address":"0.0.0.0"}', 400, "Invalid service address"],
		['{"Name":"x","Check":{"HTTP":"http://x"}}', 400, "Interval must be > 0"],
		['{"Name":"x","Check":{"HTTP":"http://x","Interval":"soon"}}', 400, 'invalid duration "soon"'],
		['{"Name":"x","Check":{"Args":["true"],"Interval":"1s"}}', 500, "Scripts are disabled"],
		['{"Name":"x","Meta":{"a b":"c"}}', 400, "Key contains invalid characters"],
		['{"Name":"x","Weights":{"Passing":-1}}', 400, "Passing must be greater than 0"],
		['{"Name":"x","Connect":{"SidecarService":{"Port":1}}}', 400, "service mesh is not supported"],
	])("refuses %s with %i", async (body, status, text) => {
		const { base } = await agent();
		const answer = await put(`${base}/v1/agent/service/register`, body);
		expect(answer.status).toBe(status);
		expect(await answer.text()).toContain(text);
	});
});

describe("several services at once", () => {
	it("registers all", async () => {
		const { base } = await agent();
		const body = [
			{ Name: "a", Port: 1 },
			{ Name: "b", Port: 2, Check: { TTL: "10s" } },
		];
		expect((await put(`${base}/v1/agent/services/register`, body)).status).toBe(200);
		expect(await list(`${base}/v1/catalog/service/a`)).toHaveLength(1);
		expect(await list(`${base}/v1/health/checks/b`)).toHaveLength(1);
	});

	it.each([
		[[{ Name: "a" }, { Name: "" }], "[1]: Missing service name"],
		[[{ Name: "a" }, { Name: "a" }], '[1]: id "a" stands in the list already'],
		[{ Name: "a" }, "the body is not a list"],
		[Array.from({ length: 1_001 }, (_, number) => ({ Name: `s${number}` })), "at most 1000 are taken"],
	])("registers none of %.60j", async (body, text) => {
		const { base } = await agent();
		const answer = await put(`${base}/v1/agent/services/register`, body);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain(text);
		expect(await (await fetch(`${base}/v1/agent/services`)).json()).toEqual({});
	});
});

describe("draining", () => {
	it("is maintenance whose notes say until when", async () => {
		const { base } = await agent();
		await put(`${base}/v1/agent/service/register`, { Name: "a" });
		const beforeMs = Date.now();
		expect((await put(`${base}/v1/agent/service/drain/a?for=20s`)).status).toBe(200);
		const [check] = await list(`${base}/v1/health/checks/a`);
		expect(check).toMatchObject({ CheckID: "_service_maintenance:a", Status: "critical" });
		const [, until = ""] = /^draining until (.+)$/.exec(String(check?.["Notes"])) ?? [];
		expect(Date.parse(until)).toBeGreaterThanOrEqual(beforeMs + 20_000);
		expect(await list(`${base}/v1/health/service/a?passing`)).toEqual([]);
	});

	it.each([
		["a?for=soon", 400],
		["a?for=-1s", 400],
		["a?for=25h", 400],
		["b", 404],
	])("refuses %s with %i", async (path, status) => {
		const { base } = await agent();
		await put(`${base}/v1/agent/service/register`, { Name: "a" });
		expect((await put(`${base}/v1/agent/service/drain/${path}`)).status).toBe(status);
	});
});
