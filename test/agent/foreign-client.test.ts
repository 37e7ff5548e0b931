import Consul from "consul";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/programs.ts";
import { startAgent, type TestAgent } from "./support.ts";

// A client that knows only Consul, the npm package `consul`, over its whole surface. What it answers here is what it answers in
// front of the real Consul 1.14; mesh calls are outside the project (decision 2).

const host = "127.13.0.61";

interface Entry {
	readonly Node: { readonly Node: string };
	readonly Service: { readonly ID: string; readonly Port: number };
	readonly Checks: readonly { readonly CheckID: string; readonly Status: string }[];
}

describe("the npm package consul", () => {
	let agent: TestAgent;
	let consul: InstanceType<typeof Consul>;
	beforeAll(async () => {
		agent = await startAgent(host);
		consul = new Consul({ host, port: Number(agent.httpAddress.split(":")[1]) });
	});
	afterAll(async () => {
		consul.destroy();
		await agent.kill("SIGINT");
	});

	it("kv: get, set, keys, del, cas, flags, binary values", async () => {
		expect(await consul.kv.set("app/a", "1")).toBe(true);
		expect(await consul.kv.set({ key: "app/b", value: Buffer.from([0, 255]), flags: 7 })).toBe(true);
		const found = await consul.kv.get("app/a");
		expect(found).toMatchObject({ Key: "app/a", Value: "1", Flags: 0 });
		expect(await consul.kv.get("app/none")).toBeFalsy();
		expect(await consul.kv.keys("app/")).toEqual(["app/a", "app/b"]);
		expect(await consul.kv.get({ key: "app/", recurse: true })).toHaveLength(2);
		// The package makes undefined of a false answer, in front of the real Consul too.
		expect(await consul.kv.set({ key: "app/a", value: "2", cas: 1 })).toBeFalsy();
		expect(await consul.kv.set({ key: "app/a", value: "2", cas: found?.ModifyIndex ?? 0 })).toBe(true);
		expect(await consul.kv.del({ key: "app/", recurse: true })).toBe(true);
	});

	it("agent: services, checks, maintenance, self, members", async () => {
		const service = {
			name: "web",
			id: "web-1",
			port: 80,
			tags: ["a"],
			meta: { version: "1" },
			check: { name: "alive", ttl: "30s", timeout: "" },
		};
		await consul.agent.service.register(service);
		expect(await consul.agent.service.list()).toMatchObject({ "web-1": { Service: "web", Port: 80, Tags: ["a"] } });
		await consul.agent.check.pass({ id: "service:web-1", note: "well" });
		const passing = (await consul.health.service({ service: "web", passing: true })) as readonly Entry[];
		expect(passing.map(({ Service }) => Service.ID)).toEqual(["web-1"]);
		await consul.agent.check.warn("service:web-1");
		await consul.agent.check.fail("service:web-1");
		expect(await consul.health.service({ service: "web", passing: true })).toEqual([]);
		await consul.agent.check.register({ name: "disk", ttl: "30s", timeout: "" });
		expect(Object.keys(await consul.agent.checks())).toContain("disk");
		await consul.agent.check.deregister("disk");
		await consul.agent.service.maintenance({ id: "web-1", enable: true, reason: "update" });
		expect(Object.keys(await consul.agent.checks())).toContain("_service_maintenance:web-1");
		await consul.agent.service.maintenance({ id: "web-1", enable: false });
		await consul.agent.maintenance(true);
		await consul.agent.maintenance(false);
		expect((await consul.agent.self()).Config.NodeName).toBe("n1");
		expect(await consul.agent.members()).toHaveLength(1);
		await consul.agent.service.deregister("web-1");
		await expect(consul.agent.service.deregister("web-1")).rejects.toThrow(/not found/i);
	});

	it("catalog and health: external nodes and services", async () => {
		const port = agent.client.catalog;
		await port.register({ Node: "google", Address: "www.google.com", Service: { Service: "search", Port: 80 } });
		expect(await consul.catalog.datacenters()).toEqual(["dc1"]);
		expect(((await consul.catalog.node.list()) as { Node: string }[]).map(({ Node }) => Node)).toEqual([
			"google",
			"n1",
		]);
		expect(await consul.catalog.service.list()).toHaveProperty("search");
		expect(await consul.catalog.service.nodes("search")).toMatchObject([{ ServicePort: 80 }]);
		expect(await consul.catalog.node.services("google")).toMatchObject({ Services: { search: { Port: 80 } } });
		expect(await consul.health.node("n1")).toMatchObject([{ CheckID: "serfHealth", Status: "passing" }]);
		expect(await consul.health.checks("search")).toEqual([]);
		expect(await consul.health.state("critical")).toEqual([]);
		await port.deregister({ Node: "google" });
	});

	it("session: the lock recipe", async () => {
		const first = await consul.session.create({ ttl: "10s", lockdelay: "0s" });
		const second = await consul.session.create();
		expect(await consul.kv.set({ key: "lock", value: "1", acquire: first.ID })).toBe(true);
		expect(await consul.kv.set({ key: "lock", value: "2", acquire: second.ID })).toBeFalsy();
		expect(await consul.session.renew(first.ID)).toMatchObject([{ ID: first.ID }]);
		expect(await consul.session.get(first.ID)).toMatchObject({ TTL: "10s" });
		expect(await consul.session.list()).toHaveLength(2);
		expect(await consul.session.node("n1")).toHaveLength(2);
		await consul.session.destroy(first.ID);
		expect(await consul.kv.set({ key: "lock", value: "2", acquire: second.ID })).toBe(true);
		expect(await consul.kv.set({ key: "lock", value: "2", release: second.ID })).toBe(true);
		await consul.session.destroy(second.ID);
	});

	it("transaction, event, prepared query, status", async () => {
		const operations = [{ KV: { Verb: "set", Key: "txn/a", Value: Buffer.from("1").toString("base64") } }];
		const { Results } = await consul.transaction.create(operations as never, {} as never);
		expect(Results).toHaveLength(1);
		const event = await consul.event.fire({ name: "deploy", payload: "v2" });
		expect(((await consul.event.list("deploy")) as { ID: string }[]).map(({ ID }) => ID)).toEqual([event.ID]);
		const { ID } = await consul.query.create({ name: "consul-query", service: { service: "consul" } });
		expect(await consul.query.list()).toHaveLength(1);
		expect(await consul.query.get(ID)).toMatchObject({ Name: "consul-query" });
		expect(await consul.query.execute("consul-query")).toMatchObject({ Nodes: [{ Service: { Service: "consul" } }] });
		await consul.query.update({ query: ID, name: "renamed", service: { service: "consul" } });
		expect(await consul.status.leader()).toMatch(/:8300$/);
		expect(await consul.status.peers()).toHaveLength(1);
	});

	it("watch: follows a key by blocking queries", async () => {
		const seen: unknown[] = [];
		const watch = consul.watch({ method: consul.kv.get, options: { key: "watched" } as never, backoffFactor: 100 });
		watch.on("change", (found: { readonly Value: string } | undefined) => seen.push(found?.Value));
		try {
			await consul.kv.set("watched", "1");
			await eventually("the first value", () => seen.includes("1"));
			await consul.kv.set("watched", "2");
			await eventually("the second value", () => seen.at(-1) === "2");
		} finally {
			watch.end();
		}
	});
});
