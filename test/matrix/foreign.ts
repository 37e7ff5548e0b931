import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { eventually, succeed } from "../support/programs.ts";
import type { Elsewhere, Row, World } from "./row.ts";

type Json = Readonly<Record<string, unknown>>;

/** A row of curl lines as published, with this run's agent in place of the usual one; `curl` gives what it prints. */
const row = (what: string, run: (curl: (line: string) => Promise<string>, world: World) => Promise<void>): Row => ({
	ours: "disco agent",
	theirs: "curl",
	what,
	run: (world) =>
		run((line) => {
			const own = line.replaceAll(/(?:localhost|127\.0\.0\.1|consul):8500|\bADDRESS\b/g, world.disco.address);
			// A shell, since the lines are written for one.
			return succeed("sh", ["-c", `curl -sS ${own}`], { cwd: world.folder() });
		}, world),
});

const file = (world: World, name: string, content: Json) => {
	const path = join(world.folder(), name);
	writeFileSync(path, JSON.stringify(content));
	return path;
};

export const curlRows: readonly Row[] = [
	row(
		"registers services as the sources print them: envelope and single check object, mixed case, by file",
		async (curl, world) => {
			const payload = file(world, "payload.json", {
				service: {
					id: "api-1",
					name: "api",
					tags: ["demo"],
					address: "127.0.0.1",
					port: 5000,
					checks: { name: "Health api", http: "http://127.0.0.1:5000/api/health", interval: "10s" },
				},
			});
			await curl(`--request PUT --data @${payload} http://consul:8500/v1/agent/service/register`);
			const mixed = {
				Name: "service1",
				address: "10.0.0.12",
				port: 8080,
				Check: { http: "http://10.0.0.12:8080/health", interval: "5s" },
			};
			await curl(`-X PUT -d '${JSON.stringify(mixed)}' http://localhost:8500/v1/agent/service/register`);
			const http1 = file(world, "http1_checkhttp.json", {
				ID: "http1",
				Name: "http",
				Address: "172.17.0.3",
				Port: 80,
				check: { http: "http://172.17.0.3:80", interval: "10s", timeout: "1s" },
			});
			await curl(`-X PUT --data-binary @${http1} http://localhost:8500/v1/agent/service/register`);
			const services = JSON.parse(await curl("127.0.0.1:8500/v1/agent/services")) as Json;
			expect(Object.keys(services).sort()).toEqual(["api-1", "http1", "service1"]);
			expect(services["api-1"]).toMatchObject({ Service: "api", Address: "127.0.0.1", Port: 5000, Tags: ["demo"] });
			const [check] = JSON.parse(await curl("-s http://localhost:8500/v1/health/checks/http | jq ."));
			expect(check).toMatchObject({ CheckID: "service:http1", Name: "Service 'http' check", ServiceID: "http1" });
			for (const id of Object.keys(services)) await world.disco.client.agent.deregisterService(id);
		},
	),
	row("registers an external node and asks catalog and health", async (curl, world) => {
		const registration =
			'{"Datacenter":"dc1","Node":"google","Address":"www.google.com","Service":{"Service":"search","Port":80}}';
		expect(await curl(`-X PUT -d '${registration}' http://127.0.0.1:8500/v1/catalog/register`)).toBe("true\n");
		expect(JSON.parse(await curl("127.0.0.1:8500/v1/catalog/datacenters"))).toEqual(["dc1"]);
		expect(JSON.parse(await curl("127.0.0.1:8500/v1/catalog/service/search"))).toMatchObject([
			{ Address: "www.google.com" },
		]);
		expect(JSON.parse(await curl("127.0.0.1:8500/v1/health/service/search"))).toMatchObject([
			{ Service: { Port: 80 } },
		]);
		expect(JSON.parse(await curl("'127.0.0.1:8500/v1/health/service/search?passing'"))).toHaveLength(1);
		expect(JSON.parse(await curl("127.0.0.1:8500/v1/agent/members"))).toMatchObject([{ Status: 1 }]);
		await world.disco.client.catalog.deregister({ Node: "google" });
	}),
	row("writes and reads keys", async (curl, world) => {
		const key = "consul:8500/v1/kv/global/config/hazelcast/client/connection_timeout";
		expect(await curl(`-X PUT -d 50000 http://${key}`)).toBe("true\n");
		expect(await curl(`'http://${key}?raw'`)).toBe("50000");
		await world.disco.client.kv.delete("global/", { recurse: true });
	}),
	row("reports TTL checks; `-H PUT`, as printed, is a GET or POST and is answered with 405", async (curl, world) => {
		const redis = file(world, "register_redis.json", { ID: "redis1", Name: "redis", Check: { TTL: "30s" } });
		const status = "-o /dev/null -w '%{http_code}'";
		expect(await curl(`${status} -H PUT http://localhost:8500/v1/agent/service/register -d @${redis}`)).toBe("405");
		await curl(`-X PUT http://localhost:8500/v1/agent/service/register -d @${redis}`);
		expect(await curl(`${status} http://localhost:8500/v1/agent/check/pass/service:redis1`)).toBe("405");
		await curl("-X PUT http://localhost:8500/v1/agent/check/pass/service:redis1");
		const passing = async () => JSON.parse(await curl("'localhost:8500/v1/health/service/redis?passing'")) as Json[];
		await eventually("it passes", async () => (await passing()).length === 1);
		await curl("-X PUT http://localhost:8500/v1/agent/service/deregister/redis1");
		expect(await passing()).toEqual([]);
	}),
	row("waits with a blocking query, and reads a stream of changes (disco's own)", async (curl, world) => {
		await world.disco.client.kv.put("block/a", "1");
		const { index } = await world.disco.client.kv.get("block/a");
		const waiting = curl(`'ADDRESS/v1/kv/block/a?raw&index=${index}&wait=60s'`);
		await world.disco.client.kv.put("block/a", "2");
		expect(await waiting).toBe("2");
		expect(await curl("-N --max-time 1 'ADDRESS/v1/kv/block/a?stream' || true")).toMatch(/^event: snapshot$/m);
		await world.disco.client.kv.delete("block/a");
	}),
];

const dnsRecipes = "test/dns/recipes.test.ts";
const npmConsul = "test/agent/foreign-client.test.ts";

/** What other files test with the real programs. */
export const elsewhere: readonly Elsewhere[] = [
	...[
		"kv: get, set, keys, del, cas, flags, binary values",
		"agent: services, checks, maintenance, self, members",
		"catalog and health: external nodes and services",
		"session: the lock recipe",
		"transaction, event, prepared query, status",
		"watch: follows a key by blocking queries",
	].map((test) => ({ ours: "disco agent", theirs: "npm package `consul`", what: test, file: npmConsul, test })),
	...[
		["HAProxy", "`resolvers` with SRV: instances come and go"],
		["nginx", "`resolver` with names of services"],
		["dnsmasq", "forwards the domain"],
		["Unbound", "forwards the domain"],
		["BIND", "forwards the domain"],
	].map(([theirs = "", what = ""]) => ({ ours: "disco agent (DNS)", theirs, what, file: dnsRecipes, test: theirs })),
	{
		ours: "disco agent (DNS)",
		theirs: "Docker",
		what: "containers resolve services with `--dns`",
		file: "test/docker/dns.test.ts",
		test: "resolves services with --dns and --dns-search, whole names and short ones",
	},
	...[
		"shows tags both ways, and their changes",
		"carries bursts of 100 events both ways, each one once",
		"asks and answers queries: acks, responses, filters, relays",
		"we leave and are seen as left; force-leave from our side makes a failed one left",
	].map((test) => ({
		ours: "disco agent (gossip)",
		theirs: "Serf agent",
		what: test,
		file: "test/gossip/serf-pool.test.ts",
		test,
	})),
	{
		ours: "disco server",
		theirs: "Consul client agent",
		what: "with its default settings: HTTP API as between agents of Consul, streaming of services' health",
		file: "test/cluster/consul.test.ts",
		test: "a client of its own in our datacenter",
	},
	{
		ours: "disco client agent",
		theirs: "Consul server",
		what: "HTTP API as between agents of Consul",
		file: "test/cluster/consul.test.ts",
		test: "a client of ours in its datacenter",
	},
	{
		ours: "disco agent",
		theirs: "Prometheus",
		what: "`consul_sd_configs` follows the catalog",
		file: "test/examples/prometheus-discovery.test.ts",
		test: "Prometheus' consul_sd_configs follows disco's catalog",
	},
	{
		ours: "disco agent",
		theirs: "consul-api, consul-client, dns-java",
		what: "published Java clients, unchanged (long suite)",
		file: "test/examples/java-clients.test.ts",
		test: "published Java clients of Consul run unchanged",
	},
	{
		ours: "disco-template",
		theirs: "Consul agent",
		what: "its own end-to-end tests, each against both agents",
		file: "test/template/template.test.ts",
		test: "the published template follows the catalog, and the command runs once per change",
	},
	{
		ours: "disco-template",
		theirs: "etcd",
		what: "`-source etcd=...`: `key`, `ls`, `tree`",
		file: "test/template/etcd.test.ts",
		test: "key, ls and tree read keys with and without a leading slash, sorted",
	},
	{
		ours: "disco-env",
		theirs: "Consul agent",
		what: "its own end-to-end tests",
		file: "test/env/env.test.ts",
		test: "the keys are the child's environment, a change restarts it, its exit code is passed on",
	},
	{
		ours: "typed client",
		theirs: "Consul agent",
		what: "every family, each against both agents",
		file: "test/env/client-families.test.ts",
		test: "operator: servers, autopilot, gossip keys",
	},
];
