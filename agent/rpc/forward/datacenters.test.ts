import { describe, expect, it } from "vitest";
import { FakeClock, FakeNetwork, fakeRandom } from "../../../lib/env/fake.ts";
import { silentLogger } from "../../../lib/log/index.ts";
import type { Endpoints, UserEvent } from "../endpoints.ts";
import { bytes, queryService, read, registration, serviceContent, startServer, write } from "../testing.ts";
import type { WanServer } from "./datacenter-router.ts";
import { createDatacenterEndpoints, routeToDatacenters } from "./index.ts";
import { clientOf, during, serve } from "./testing.ts";

const there = { ...read, datacenter: "dc2" };
const writeThere = { ...write, datacenter: "dc2" };
const set = (key: string, value = "") => ({ operation: "set", key, value: bytes(value), flags: 0n }) as const;

/** A server in each of two datacenters, and a client agent of the first. */
async function world() {
	const clock = new FakeClock();
	const network = new FakeNetwork({ clock });
	const pool: { servers: WanServer[] } = { servers: [] };
	const events: string[] = [];

	async function server(datacenter: string, host: string) {
		const datacenters = createDatacenterEndpoints({
			datacenter,
			servers: () => pool.servers,
			coordinate: () => undefined,
			networkTo: () => network.host(host),
			clock,
			random: fakeRandom(3),
			logger: silentLogger,
		});
		const { endpoints: own } = await startServer({
			fakeClock: clock,
			datacenter,
			datacenters,
			sendEventElsewhere: (event: UserEvent, name: string) => datacenters.spreadEvent(name, event.name, event.payload),
		});
		const endpoints = routeToDatacenters({
			own,
			datacenter,
			endpointsOf: (name) => datacenters.endpointsOf(name),
		}) as Required<Endpoints> & { readonly kv: Required<Endpoints["kv"]> };
		await serve(endpoints, {
			network: network.host(host),
			clock,
			host,
			port: 8300,
			datacenter,
			fireEvent: async (wanted, name, payload) => {
				if (wanted === datacenter) events.push(`${datacenter} ${name} ${new TextDecoder().decode(payload)}`);
				else await datacenters.spreadEvent(wanted, name, payload);
			},
		});
		pool.servers.push({ node: host, datacenter, address: `${host}:8300`, isAlive: true, coordinate: undefined });
		return { endpoints, own, datacenters };
	}

	const first = await server("dc1", "10.1.0.1");
	const second = await server("dc2", "10.2.0.1");
	const client = clientOf({ network: network.host("10.1.0.4"), clock, servers: ["10.1.0.1:8300"] });
	const settle = <Value>(promise: Promise<Value>) => during(clock, promise, { limitMs: 60_000, stepMs: 5 });
	return { clock, network, pool, events, first, second, client, settle };
}

describe.each(["first", "client"] as const)("another datacenter, asked through the %s", (who) => {
	async function asked() {
		const all = await world();
		return { ...all, endpoints: who === "first" ? all.first.endpoints : all.client };
	}

	it("answers as if it was asked itself, writes and what waits included", async () => {
		const { endpoints, first, second, settle, clock } = await asked();
		expect(await settle(endpoints.kv.write(set("a", "1"), writeThere))).toBe(true);
		const direct = await settle(second.endpoints.kv.get("a", read));
		expect(await settle(endpoints.kv.get("a", there))).toEqual(direct);
		expect((await settle(first.endpoints.kv.get("a", read))).value).toBeUndefined();

		const waiting = endpoints.kv.get("a", { ...there, minIndex: direct.index, maxWaitMs: 60_000 });
		await clock.advanceAsync(5_000);
		await settle(second.endpoints.kv.write(set("a", "2"), write));
		expect(await settle(waiting)).toMatchObject({ index: direct.index + 1, value: { value: bytes("2") } });
	});

	it("takes every family's calls", async () => {
		const { endpoints, second, settle, events } = await asked();
		const { catalog, health, session, txn, query, coordinate, operator, status, event } = endpoints;
		const web = registration("n1", { service: serviceContent("web") });
		await settle(catalog.register(web, writeThere));
		expect((await settle(catalog.nodes(there))).value.map(({ node }) => node)).toEqual(["n1"]);
		expect((await settle(catalog.nodes(read))).value).toEqual([]);
		expect((await settle(health.service("web", there))).value).toHaveLength(1);
		const id = await settle(
			session.create(
				{ name: "", node: "n1", behavior: "", lockDelayMs: 0, ttl: "", nodeChecks: [], serviceChecks: [] },
				writeThere,
			),
		);
		expect((await settle(session.list(there))).value.map((each) => each.id)).toEqual([id]);
		expect((await settle(second.own.session.list(read))).value.map((each) => each.id)).toEqual([id]);
		const get = { kind: "kv", verb: "get", key: "none", value: bytes(""), flags: 0n, index: 0, session: "" } as const;
		expect((await settle(txn.run([get], there))).errors).toHaveLength(1);
		expect((await settle(query.list(there))).value).toEqual([]);
		expect((await settle(coordinate.nodes(there))).value).toEqual([]);
		expect((await settle(operator.raftConfiguration(there))).servers).toHaveLength(1);
		expect(await settle(status.leader("dc2"))).toBe("10.0.0.1:8300");
		expect(await settle(catalog.datacenters())).toEqual(["dc1", "dc2"]);
		if (who === "first") {
			const wanted = { name: "deploy", payload: bytes("x"), nodeFilter: "", serviceFilter: "", tagFilter: "" };
			await settle(event.fire(wanted, writeThere));
			expect(events).toEqual(["dc2 deploy x"]);
			expect((await settle(event.list({}, { index: 0n, maxWaitMs: 0 }))).value).toEqual([]);
		}
	});

	it("is unknown, unreachable, and there again, as gossip has it", async () => {
		const { endpoints, network, pool, first, settle } = await asked();
		const unknown = { code: "DATACENTER_UNKNOWN" };
		await expect(settle(endpoints.kv.get("a", { ...read, datacenter: "dc9" }))).rejects.toMatchObject(unknown);
		await expect(settle(endpoints.kv.write(set("a"), { ...write, datacenter: "dc9" }))).rejects.toMatchObject(unknown);
		await expect(settle(endpoints.status.leader("dc9"))).rejects.toMatchObject(unknown);
		await settle(endpoints.kv.write(set("a", "1"), writeThere));

		network.crash("10.2.0.1");
		const gone = { code: "DATACENTER_UNREACHABLE" };
		await expect(settle(endpoints.kv.get("a", there))).rejects.toMatchObject(gone);
		await expect(settle(endpoints.kv.write(set("a"), writeThere))).rejects.toMatchObject(gone);
		// The own datacenter's server is none that failed.
		expect((await settle(endpoints.kv.get("a", read))).value).toBeUndefined();
		const all = [...pool.servers];
		pool.servers = all.map((each) => ({ ...each, isAlive: each.datacenter === "dc1" }));
		first.datacenters.serversChanged();
		await expect(settle(endpoints.kv.get("a", there))).rejects.toMatchObject(gone);
		expect(await settle(endpoints.catalog.datacenters())).toEqual(["dc1", "dc2"]);
		pool.servers = all.filter(({ datacenter }) => datacenter === "dc1");
		first.datacenters.serversChanged();
		await expect(settle(endpoints.kv.get("a", there))).rejects.toMatchObject(unknown);
		expect(await settle(endpoints.catalog.datacenters())).toEqual(["dc1"]);
	});

	it("is asked by a prepared query when nothing is here", async () => {
		const { endpoints, settle } = await asked();
		const web = registration("n1", { service: serviceContent("web") });
		await settle(endpoints.catalog.register(web, writeThere));
		const failover = { nearestN: 0, datacenters: ["dc9", "dc2"], targets: null };
		const service = queryService("web", { failover });
		const template = { type: "", regexp: "", removeEmptyTags: false } as const;
		await settle(
			endpoints.query.create({ name: "web", session: "", token: "", template, service, dnsTtl: "7s" }, write),
		);
		const execution = await settle(endpoints.query.execute("web", { agentNode: "x" }, read));
		expect(execution.value).toMatchObject({ datacenter: "dc2", failovers: 1, service: "web", dnsTtl: "7s" });
		expect(execution.value?.instances.map(({ node }) => node.node)).toEqual(["n1"]);
		// What was found there is not ordered by what is known here.
		await settle(endpoints.catalog.deregister({ node: "n1" }, writeThere));
		const empty = await settle(endpoints.query.execute("web", { agentNode: "x" }, read));
		expect(empty.value).toMatchObject({ datacenter: "dc2", failovers: 1, instances: [] });
	});
});

it("a server that cannot be reached is followed by the next one at once; a blocking query on it ends when gossip gives it up", async () => {
	const { pool, first, second, settle } = await world();
	await settle(second.endpoints.kv.write(set("a", "1"), write));
	pool.servers = [
		...pool.servers,
		...["10.2.0.8", "10.2.0.9"].map((host) => ({
			node: host,
			datacenter: "dc2",
			address: `${host}:8300`,
			isAlive: true,
			coordinate: undefined,
		})),
	];
	for (let count = 0; count < 6; count++)
		expect((await settle(first.endpoints.kv.get("a", there))).value?.value).toEqual(bytes("1"));
	const waiting = first.endpoints.kv.get("a", { ...there, minIndex: 100, maxWaitMs: 300_000 });
	const failure = expect(settle(waiting)).rejects.toMatchObject({ code: "DATACENTER_UNREACHABLE" });
	pool.servers = pool.servers.map((each) => ({ ...each, isAlive: each.datacenter === "dc1" }));
	first.datacenters.serversChanged();
	await failure;
});
