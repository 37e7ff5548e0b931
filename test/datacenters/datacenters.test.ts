import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consulProgram } from "../support/dev-agents.ts";
import { eventually } from "../support/programs.ts";
import { type DatacenterAgent, gossipKey, startDatacenter, type TestDatacenter } from "./support.ts";

// Two datacenters as processes: ours with two servers and a client agent, and another with a server and a client agent, which is ours,
// too, or the real Consul's. Each agent of each is asked about the other datacenter.

const consul = consulProgram();
if (consul === undefined && process.env["CI"] !== undefined)
	throw new Error("the real consul is missing: scripts/test-tools.sh");

const worlds = [
	{ other: "ours", consul: undefined, prefixes: ["127.145.21", "127.145.22"] },
	{ other: "the real Consul", consul, prefixes: ["127.145.23", "127.145.24"] },
] as const;

describe.each(worlds)("beside a datacenter of $other", ({ other, consul: program, prefixes: [near, far] }) => {
	if (other !== "ours" && program === undefined) {
		it.skip("needs the real consul");
		return;
	}
	let dc1: TestDatacenter;
	let dc2: TestDatacenter;
	const askers = () =>
		[
			...[...dc1.servers, dc1.clientAgent].map((agent) => ({ agent, home: dc1, away: dc2 })),
			...[...dc2.servers, dc2.clientAgent].map((agent) => ({ agent, home: dc2, away: dc1 })),
		] as const;

	beforeAll(async () => {
		[dc1, dc2] = await Promise.all([
			startDatacenter("dc1", near, { servers: 2 }),
			startDatacenter("dc2", far, {
				servers: 1,
				wan: `${near}.1`,
				...(program === undefined ? {} : { consul: program }),
			}),
		]);
		await eventually("all servers know all servers", async () => {
			for (const { client } of [...dc1.servers, ...dc2.servers]) {
				const members = await client.agent.members({ wan: true });
				if (members.filter(({ Status }) => Status === 1).length !== 3) return false;
			}
			return true;
		});
		// Each asks a server, which may hear of the others a moment later.
		for (const { agent, away } of askers())
			await eventually(`${agent.name} reaches ${away.name}`, async () => {
				return (await agent.about(away.name).status.leader()) !== "";
			});
	});
	afterAll(async () => {
		await Promise.all([dc1?.close(), dc2?.close()]);
	});

	it("one server joined one: every server is in the pool, with all columns", async () => {
		const [first] = dc1.servers;
		const table = await first.command("members", "-wan");
		const rows = table
			.trim()
			.split("\n")
			.map((line) => line.split(/\s{2,}/));
		expect(rows).toEqual([
			["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Partition", "Segment"],
			["dc1-s1.dc1", `${near}.1:8302`, "alive", "server", expect.any(String), "2", "dc1", "default", "<all>"],
			["dc1-s2.dc1", `${near}.2:8302`, "alive", "server", expect.any(String), "2", "dc1", "default", "<all>"],
			["dc2-s1.dc2", `${far}.1:8302`, "alive", "server", expect.any(String), "2", "dc2", "default", "<all>"],
		]);
		for (const { agent, home, away } of askers()) {
			expect(await agent.client.catalog.datacenters()).toEqual([home.name, away.name]);
			expect(await agent.about(away.name).status.peers()).toHaveLength(away.servers.length);
		}
		expect(await dc1.clientAgent.command("catalog", "datacenters")).toBe("dc1\ndc2\n");
	});

	it("only servers are let into the pool, and only servers join it", async () => {
		const [first] = dc1.servers;
		await expect(first.client.agent.join(`${near}.9:8301`, { wan: true })).rejects.toThrow(
			"Member 'dc1-c' is not a server",
		);
		await expect(dc1.clientAgent.client.agent.join(`${far}.1`, { wan: true })).rejects.toThrow(
			"Must be a server to join WAN cluster",
		);
		await expect(first.client.agent.forceLeave("nobody.dc2", { wan: true })).rejects.toThrow("No node found");
	});

	it("keys, sessions, transactions, registrations go where they are for, and are read there", async () => {
		for (const { agent, home, away } of askers()) {
			const there = agent.about(away.name);
			const [server] = away.servers;
			const key = `from/${agent.name}`;
			expect(await there.kv.put(key, "1")).toBe(true);
			const direct = await server.client.kv.get(key);
			expect(await there.kv.get(key)).toMatchObject({ index: direct.index, value: direct.value });
			expect((await home.servers[0].client.kv.get(key)).value).toBeUndefined();
			expect(await there.kv.put(key, "2", { cas: 1 })).toBe(false);
			const result = await there.txn.kv([{ verb: "get", key }]);
			expect(result.committed).toBe(true);

			const node = `at-${agent.name}`;
			// Registrations name the datacenter in their body.
			const Datacenter = away.name;
			await agent.client.catalog.register({ Datacenter, Node: node, Address: "10.9.8.7", Service: { Service: "web" } });
			const [found] = (await there.health.service("web", { filter: `Node.Node == "${node}"` })).value;
			expect(found?.Node.Datacenter).toBe(away.name);
			await agent.client.catalog.deregister({ Datacenter, Node: node });
			expect((await server.client.catalog.node(node)).value).toBeUndefined();

			expect((await there.operator.raftConfiguration()).Servers).toHaveLength(away.servers.length);
			expect((await there.operator.autopilotHealth()).Servers).toHaveLength(away.servers.length);
			expect((await there.coordinate.nodes()).value.every(({ Node }) => Node.startsWith(away.name))).toBe(true);
		}
		const session = await dc1.servers[0].about("dc2").session.create({ Node: "dc2-s1" });
		expect((await dc1.clientAgent.about("dc2").session.list()).value.map(({ ID }) => ID)).toContain(session);
		await dc1.clientAgent.about("dc2").session.destroy(session);
	});

	it("a blocking query waits at the other datacenter", async () => {
		for (const { agent, away } of askers()) {
			const there = agent.about(away.name);
			const register = (port: number) =>
				away.servers[0].client.catalog.register({
					Node: "n1",
					Address: "10.0.0.9",
					Service: { Service: "waited", Port: port },
				});
			await register(1);
			const { index } = await there.health.service("waited");
			const waiting = there.health.service("waited", { index, waitMs: 60_000 });
			await register(2);
			const answer = await waiting;
			expect(answer.value.map(({ Service }) => Service.Port)).toEqual([2]);
			expect(answer.index).toBeGreaterThan(index);
			await away.servers[0].client.catalog.deregister({ Node: "n1" });
		}
	});

	it("events and snapshots", async () => {
		const heard = async (agent: DatacenterAgent) =>
			(await agent.client.event.list()).value.map(({ Name, Payload }) => `${Name} ${Payload}`);
		for (const { agent, away } of askers()) {
			await agent.about(away.name).event.fire(`by-${agent.name}`, { payload: "deploy" });
			const event = `by-${agent.name} ${Buffer.from("deploy").toString("base64")}`;
			for (const each of [...away.servers, away.clientAgent])
				await eventually(`${each.name} hears of it`, async () => (await heard(each)).includes(event));
			expect(await heard(agent)).not.toContain(event);
			const saved = await agent.about(away.name).snapshot.save();
			let bytes = 0;
			for await (const piece of saved.body) bytes += piece.length;
			expect(bytes).toBeGreaterThan(100);
		}
	});

	it("keys of gossip are listed and changed in every pool, whoever is asked", async () => {
		const second = Buffer.alloc(32, other.length).toString("base64");
		const pools = async (agent: DatacenterAgent, key: string) =>
			(await agent.client.operator.keyrings())
				.map(({ WAN, Datacenter, Keys, NumNodes }) => `${WAN ? "WAN" : Datacenter} ${Keys?.[key] ?? 0}/${NumNodes}`)
				.sort();
		for (const { agent } of askers()) expect(await pools(agent, gossipKey)).toEqual(["WAN 3/3", "dc1 3/3", "dc2 2/2"]);
		await dc1.clientAgent.client.operator.installKey(second);
		for (const { agent } of askers()) expect(await pools(agent, second)).toEqual(["WAN 3/3", "dc1 3/3", "dc2 2/2"]);
		await dc2.clientAgent.client.operator.removeKey(second);
		for (const { agent } of askers()) expect(await pools(agent, second)).toEqual(["WAN 0/3", "dc1 0/3", "dc2 0/2"]);
		const local = await dc1.clientAgent.client.operator.keyrings({ localOnly: true });
		expect(local.map(({ Datacenter }) => Datacenter)).toEqual(["dc1"]);
	});

	it("a prepared query goes to the other datacenter when nothing is here; DNS asks there, too", async () => {
		for (const { home, away } of [
			{ home: dc1, away: dc2 },
			{ home: dc2, away: dc1 },
		]) {
			const service = `only-in-${away.name}`;
			await away.servers[0].client.catalog.register({
				Node: "far",
				Address: "10.1.2.3",
				Service: { Service: service, Port: 8080 },
			});
			const define = (name: string, failover: object) =>
				home.clientAgent.client.preparedQuery.create({ Name: name, Service: { Service: service, Failover: failover } });
			const ids = [
				await define(`${service}-near`, { NearestN: 3 }),
				await define(`${service}-named`, { Datacenters: ["dc9", away.name] }),
				await define(`${service}-target`, { Targets: [{ Datacenter: away.name }] }),
			];
			for (const agent of [...home.servers, home.clientAgent]) {
				for (const kind of ["near", "named", "target"]) {
					const found = await agent.client.preparedQuery.execute(`${service}-${kind}`);
					expect(found.value).toMatchObject({ Datacenter: away.name, Failovers: 1 });
					expect(found.value?.Nodes.map(({ Node }) => Node.Node)).toEqual(["far"]);
				}
				// DNS reads stale: a follower there may not have heard of it yet.
				for (const name of [`${service}-near.query`, `${service}.service.${away.name}`, `far.node.${away.name}`])
					expect(await eventually(name, () => agent.dns.resolve4(`${name}.consul`))).toEqual(["10.1.2.3"]);
				const [srv] = await eventually("SRV", () => agent.dns.resolveSrv(`${service}.service.${away.name}.consul`));
				expect(srv).toMatchObject({ name: `far.node.${away.name}.consul`, port: 8080 });
				await expect(agent.dns.resolve4(`${service}.service.consul`)).rejects.toMatchObject({ code: "ENOTFOUND" });
				await expect(agent.dns.resolve4(`${service}.service.dc9.consul`)).rejects.toMatchObject({ code: "ENOTFOUND" });
				// Executed where it is defined, whoever is asked.
				for (const asker of [...away.servers, away.clientAgent]) {
					const found = await asker.about(home.name).preparedQuery.execute(ids[0] ?? "");
					expect(found.value).toMatchObject({ Datacenter: away.name, Failovers: 1 });
				}
			}
			await away.servers[0].client.catalog.deregister({ Node: "far" });
			const gone = await home.clientAgent.client.preparedQuery.execute(`${service}-near`);
			expect(gone.value).toMatchObject({ Datacenter: away.name, Failovers: 1, Nodes: [] });
		}
	});

	it("nobody knows a third datacenter", async () => {
		for (const { agent } of askers()) {
			const nowhere = agent.about("dc9");
			const questions = [
				() => nowhere.kv.get("a"),
				() => nowhere.kv.put("a", "1"),
				() => nowhere.catalog.nodes(),
				() => nowhere.status.leader(),
				() => nowhere.event.fire("a"),
				() => nowhere.operator.autopilotHealth(),
				() => nowhere.snapshot.save(),
			];
			for (const ask of questions) await expect(ask()).rejects.toThrow("No path to datacenter");
		}
	});

	it("distances between datacenters are measured", async () => {
		await eventually("every server has a coordinate", async () => {
			const all = await dc1.clientAgent.client.coordinate.datacenters();
			return all.flatMap(({ Coordinates }) => Coordinates).length === 3;
		});
		expect(await dc1.clientAgent.command("rtt", "-wan", "dc1-s1.dc1", "dc2-s1.dc2")).toMatch(
			/^Estimated dc1-s1.dc1 <-> dc2-s1.dc2 rtt: [\d.]+ ms \(using WAN coordinates\)\n$/,
		);
	});

	it("a datacenter that goes away is told within limits, harms nobody, and is there again", async () => {
		const [server] = dc2.servers;
		const agents = [...dc1.servers, dc1.clientAgent];
		await server.about("dc1").kv.put("still", "here");
		await server.client.kv.put("kept", "1");
		await server.end();
		for (const agent of agents) {
			await expect(agent.about("dc2").kv.get("kept")).rejects.toThrow("Remote DC has no server currently reachable");
			await expect(agent.about("dc2").kv.put("kept", "2")).rejects.toThrow("Remote DC");
			expect(await agent.client.kv.put("still", "there")).toBe(true);
		}
		await eventually("gossip takes it for failed", async () => {
			const members = await dc1.servers[0].client.agent.members({ wan: true });
			return members.some(({ Name, Status }) => Name === "dc2-s1.dc2" && Status === 4);
		});
		for (const agent of agents) {
			await expect(agent.about("dc2").kv.get("kept")).rejects.toThrow("Remote DC has no server currently reachable");
			expect(await agent.client.catalog.datacenters()).toEqual(["dc1", "dc2"]);
			expect((await agent.client.kv.get("still")).value).toBeDefined();
		}
		server.start();
		for (const agent of agents) {
			const again = await eventually(`${agent.name} reads it again`, async () => agent.about("dc2").kv.raw("kept"));
			expect(String(again.value)).toBe("1");
		}
	});

	it("one that is forced to leave is known no more", async () => {
		await Promise.all([...dc2.servers, dc2.clientAgent].map((agent) => agent.end()));
		const [first] = dc1.servers;
		await eventually("it has left", async () => {
			await first.command("force-leave", "-wan", "dc2-s1.dc2");
			for (const { client } of dc1.servers) {
				const members = await client.agent.members({ wan: true });
				if (!members.some(({ Name, Status }) => Name === "dc2-s1.dc2" && Status === 3)) return false;
			}
			return true;
		});
		for (const agent of [...dc1.servers, dc1.clientAgent]) {
			await expect(agent.about("dc2").kv.get("a")).rejects.toThrow("No path to datacenter");
			expect(await agent.client.catalog.datacenters()).toEqual(["dc1"]);
		}
	});
});
