import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { CheckStatus } from "../../lib/api/index.ts";
import { FakeClock, FakeDisk, fakeRandom, settle } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { stateMachine } from "../fsm/index.ts";
import { MemoryLog } from "../raft/index.ts";
import { type CheckContent, createServerEndpoints, type Endpoints, type ServiceContent } from "../rpc/index.ts";
import { StateStore } from "../state/index.ts";
import { checkContent, serviceContent } from "../state/testing.ts";
import { comparisonPauseMs } from "./catalog-sync.ts";
import {
	type CheckPlan,
	createDiskStore,
	createLocalAgent,
	type LocalAgentOptions,
	memoryStore,
	type RunningLocalAgent,
} from "./index.ts";

const read = { datacenter: "", token: "", consistency: "default", minIndex: 0, maxWaitMs: 0 } as const;
const write = { datacenter: "", token: "" };
const identity = {
	id: "6f1c1f5e-5f6e-4c7b-9d1f-1f2e3d4c5b6a",
	node: "n1",
	address: "10.0.0.1",
	datacenter: "dc1",
	taggedAddresses: { lan: "10.0.0.1" },
	meta: { "consul-network-segment": "" },
};
const serf = checkContent("serfHealth", { name: "Serf Health Status", output: "Agent alive and reachable" });

function service(id: string, change: Partial<ServiceContent> = {}): ServiceContent {
	return serviceContent(id, { service: id.replace(/-\d+$/, ""), tags: [], meta: {}, port: 80, ...change });
}

function plan(change: Partial<CheckContent> = {}, how: Partial<CheckPlan> = {}): CheckPlan {
	return {
		content: { ...serf, checkId: "", name: "", status: "critical", output: "", type: "ttl", ...change },
		kind: "ttl",
		intervalMs: 0,
		timeoutMs: 0,
		ttlMs: 30_000,
		successBeforePassing: 0,
		failuresBeforeWarning: 0,
		failuresBeforeCritical: 0,
		deregisterCriticalServiceAfterMs: 0,
		outputSizeBytesMax: 4096,
		definition: {},
		...how,
	};
}

async function catalog(): Promise<Endpoints> {
	const store = new StateStore({ wakeSlices: (slice) => setImmediate(slice) });
	const log = new MemoryLog({ machine: stateMachine(store) });
	await log.start();
	return createServerEndpoints({
		store,
		log,
		clock: new FakeClock(),
		random: fakeRandom(1),
		datacenter: "dc1",
		leaderAddress: () => "10.0.0.1:8300",
		peerAddresses: () => [],
	});
}

/** What the catalog says of the node: services with their checks, texts only, for comparing. */
async function shown(endpoints: Endpoints): Promise<Record<string, string[]>> {
	const services = (await endpoints.catalog.node("n1", read)).value?.services ?? [];
	const checks = (await endpoints.health.node("n1", read)).value;
	const lines: Record<string, string[]> = {
		"": checks.filter(({ serviceId }) => serviceId === "").map(({ checkId, status }) => `${checkId}=${status}`),
	};
	for (const { id, port, tags } of services) {
		const own = checks.filter(({ serviceId }) => serviceId === id).map(({ checkId, status }) => `${checkId}=${status}`);
		lines[id] = [`${port}${(tags ?? []).map((tag) => `#${tag}`).join("")}`, ...own.sort()];
	}
	return lines;
}

/** The same of the local state. */
function wanted(agent: RunningLocalAgent): Record<string, string[]> {
	const checks = [...agent.checks().values()].map(({ content }) => content);
	const of = (id: string) =>
		checks.filter(({ serviceId }) => serviceId === id).map(({ checkId, status }) => `${checkId}=${status}`);
	const lines: Record<string, string[]> = { "": [...of(""), "serfHealth=passing"].sort() };
	for (const [id, { content }] of agent.services()) {
		lines[id] = [`${content.port}${(content.tags ?? []).map((tag) => `#${tag}`).join("")}`, ...of(id).sort()];
	}
	return lines;
}

const api = { token: "", replaceExistingChecks: false };

describe("local agent", () => {
	let clock: FakeClock;
	let endpoints: Endpoints;
	const start = (change: Partial<LocalAgentOptions> = {}) =>
		createLocalAgent({
			identity,
			own: { checks: [serf] },
			store: memoryStore,
			endpoints,
			runner: { start: () => {}, stop: () => {}, renew: () => {} },
			clock,
			random: fakeRandom(7),
			logger: silentLogger,
			members: () => [],
			scriptChecks: { api: false, file: true },
			...change,
		});

	beforeEach(async () => {
		clock = new FakeClock();
		endpoints = await catalog();
	});

	it("has a registration in the catalog when it is acknowledged, and the node with it", async () => {
		const agent = await start();
		await agent.registerService(service("api-1"), [plan()], api);
		expect(await shown(endpoints)).toEqual({ "": [], "api-1": ["80", "service:api-1=critical"] });
		await agent.compare();
		expect(await shown(endpoints)).toEqual({ "": ["serfHealth=passing"], "api-1": ["80", "service:api-1=critical"] });
		await agent.deregisterService("api-1");
		expect(await shown(endpoints)).toEqual({ "": ["serfHealth=passing"] });
	});

	it.each([
		["one check", [plan()], ["service:s"]],
		["several", [plan(), plan({ name: "n2" }), plan({ checkId: "own" })], ["service:s:1", "service:s:2", "own"]],
	])("names the checks of a service: %s", async (_, plans, ids) => {
		const agent = await start();
		await agent.registerService(service("s"), plans, api);
		expect([...agent.checks().keys()]).toEqual(ids);
		expect([...agent.checks().values()][0]?.content.name).toBe("Service 's' check");
	});

	it("adds tagged addresses of the address's family and keeps given ones", async () => {
		const agent = await start();
		const wan = { address: "198.18.0.1", port: 1 };
		await agent.registerService(service("s", { address: "10.1.1.1", taggedAddresses: { wan } }), [], api);
		const own = { address: "10.1.1.1", port: 80 };
		expect(agent.services().get("s")?.content.taggedAddresses).toEqual({ lan_ipv4: own, wan_ipv4: own, wan });
	});

	it("keeps status and other checks on re-registration, unless they are replaced", async () => {
		const agent = await start();
		await agent.registerService(service("s"), [plan({ checkId: "a" }), plan({ checkId: "b" })], api);
		await agent.updateTtlCheck("a", "passing", "well");
		await agent.registerService(service("s"), [plan({ checkId: "a" })], api);
		expect(wanted(agent)["s"]).toEqual(["80", "a=passing", "b=critical"]);
		await agent.registerService(service("s"), [plan({ checkId: "a" })], { ...api, replaceExistingChecks: true });
		expect(await shown(endpoints)).toMatchObject({ s: ["80", "a=passing"] });
	});

	it("keeps what is known of a check that is registered again by itself, as the reference does", async () => {
		const agent = await start();
		await agent.registerCheck(plan({ checkId: "c", name: "c" }), { token: "" });
		await agent.updateTtlCheck("c", "warning", "hm");
		await agent.registerCheck(plan({ checkId: "c", name: "c", status: "passing", notes: "new" }), { token: "" });
		expect(agent.checks().get("c")?.content).toMatchObject({ status: "warning", output: "hm", notes: "new" });
		await agent.deregisterCheck("c");
		await agent.registerCheck(plan({ checkId: "c", name: "c", status: "passing" }), { token: "" });
		expect(agent.checks().get("c")?.content).toMatchObject({ status: "passing", output: "" });
	});

	it("moves a check to another service without losing it", async () => {
		const agent = await start();
		await agent.registerService(service("one"), [plan({ checkId: "c" })], api);
		await agent.registerService(service("two"), [], api);
		await agent.registerCheck(plan({ checkId: "c", serviceId: "two" }), { token: "" });
		expect(await shown(endpoints)).toMatchObject({ one: ["80"], two: ["80", "c=critical"] });
	});

	it.each([
		["an unknown service", (agent: RunningLocalAgent) => agent.deregisterService("x"), "SERVICE_UNKNOWN"],
		["an unknown check", (agent: RunningLocalAgent) => agent.deregisterCheck("x"), "CHECK_UNKNOWN"],
		["a report to no check", (agent: RunningLocalAgent) => agent.updateTtlCheck("x", "passing", ""), "CHECK_UNKNOWN"],
		[
			"a check of no service",
			(agent: RunningLocalAgent) => agent.registerCheck(plan({ name: "c", serviceId: "x" }), { token: "" }),
			"SERVICE_UNKNOWN",
		],
		[
			"every address",
			(agent: RunningLocalAgent) => agent.registerService(service("s", { address: "::" }), [], api),
			"SERVICE_INVALID",
		],
		[
			"a script over HTTP",
			(agent: RunningLocalAgent) =>
				agent.registerService(service("s"), [plan({}, { kind: "script", args: ["true"] })], api),
			"CHECK_INVALID",
		],
	])("refuses %s", async (_, act, code) => {
		const agent = await start();
		await expect(act(agent)).rejects.toMatchObject({ code });
		expect(agent.services().size).toBe(0);
	});

	it("takes scripts from files where they are on", async () => {
		const agent = await start();
		const script = plan({}, { kind: "script", args: ["true"] });
		await agent.registerService(service("s"), [script], { ...api, source: "file" });
		expect(agent.checks().size).toBe(1);
	});

	it("drops on a reload what files no longer have, and keeps what the API registered", async () => {
		const agent = await start();
		await agent.registerService(service("old"), [plan()], { ...api, source: "file" });
		await agent.registerService(service("kept"), [], { ...api, source: "file" });
		await agent.registerService(service("by-api"), [], api);
		await agent.dropOthers({ serviceIds: new Set(["kept"]), checkIds: new Set() }, false);
		expect([...agent.services().keys()]).toEqual(["kept", "by-api"]);
		expect(await shown(endpoints)).toEqual({ "": [], kept: ["80"], "by-api": ["80"] });
	});

	it("makes maintenance a critical check, once, with the first reason", async () => {
		const agent = await start();
		await agent.registerService(service("s"), [], api);
		await agent.serviceMaintenance("s", true, "broken disk", "");
		await agent.serviceMaintenance("s", true, "another", "");
		const id = "_service_maintenance:s";
		expect(agent.checks().get(id)?.content).toMatchObject({
			status: "critical",
			notes: "broken disk",
			type: "maintenance",
		});
		await agent.registerService(service("s"), [plan()], { ...api, replaceExistingChecks: true });
		expect(agent.checks().has(id)).toBe(true);
		await agent.serviceMaintenance("s", false, "", "");
		expect(await shown(endpoints)).toMatchObject({ s: ["80", "service:s=critical"] });
	});

	it("cuts a long report and says so", async () => {
		const agent = await start();
		await agent.registerService(service("s"), [plan()], api);
		await agent.updateTtlCheck("service:s", "passing", "y".repeat(5000));
		const output = agent.checks().get("service:s")?.content.output;
		expect(output).toBe(`${"y".repeat(4096)} ... (captured 4096 of 5000 bytes)`);
	});

	it("carries a changed output alone only after a while, a changed status at once", async () => {
		const agent = await start();
		await agent.registerService(service("s"), [plan({}, { kind: "http", intervalMs: 1000 })], api);
		const output = async () => (await endpoints.health.checks("s", read)).value[0]?.output;
		agent.reportCheck("service:s", "passing", "first");
		await settle();
		expect(await output()).toBe("first");
		agent.reportCheck("service:s", "passing", "second");
		await settle();
		expect(await output()).toBe("first");
		await clock.advanceAsync(8 * 60_000);
		expect(await output()).toBe("second");
		agent.reportCheck("service:s", "critical", "third");
		await settle();
		expect(await output()).toBe("third");
	});

	it("removes a service whose check stays critical, not before a minute", async () => {
		const agent = await start();
		const check = plan({ status: "passing" }, { deregisterCriticalServiceAfterMs: 1000 });
		await agent.registerService(service("s"), [check], api);
		agent.reportCheck("service:s", "critical", "");
		await clock.advanceAsync(59_000);
		expect(agent.services().size).toBe(1);
		await clock.advanceAsync(2_000);
		expect(agent.services().size).toBe(0);
		expect(await shown(endpoints)).not.toHaveProperty("s");
	});

	it("lets an alias check follow the service it names", async () => {
		const agent = await start();
		await agent.registerService(service("real"), [plan()], api);
		const alias = plan({}, { kind: "alias", alias: { node: "", serviceId: "real" } });
		await agent.registerService(service("alias"), [alias], api);
		const status = () => agent.checks().get("service:alias")?.content.status;
		expect(status()).toBe("critical");
		await agent.updateTtlCheck("service:real", "passing", "");
		expect(status()).toBe("passing");
	});

	it("lets an alias check follow the node it is on, and another node's service through the catalog", async () => {
		const agent = await start();
		const follow = async (id: string, node: string, serviceId = "") => {
			const alias = plan({ checkId: id, name: id, type: "alias" }, { kind: "alias", alias: { node, serviceId } });
			await agent.registerCheck(alias, api);
		};
		const shows = (id: string) => {
			const { status, output } = agent.checks().get(id)?.content ?? {};
			return `${status}: ${output}`;
		};
		await endpoints.catalog.register(
			{
				...identity,
				id: "",
				node: "n2",
				address: "10.0.0.2",
				skipNodeUpdate: false,
				service: service("web"),
				checks: [],
			},
			write,
		);
		await follow("far", "n2", "web");
		await follow("missing", "n2", "none");
		await follow("nowhere", "n9");
		await follow("own", "N1");
		await clock.advanceAsync(1_000);
		// Texts as the real Consul 1.14.4 shows them.
		expect(shows("far")).toBe("passing: No checks found.");
		expect(shows("missing")).toBe("critical: Service none could not be found on node n2");
		expect(shows("nowhere")).toBe("critical: Node n9 could not be found");
		expect(shows("own")).toMatch(/^critical: Aliased check "(?:missing|nowhere)" failing: /);
		const check = {
			...serf,
			checkId: "w",
			name: "wcheck",
			status: "warning" as const,
			output: "meh",
			serviceId: "web",
		};
		const change = { ...identity, id: "", node: "n2", address: "10.0.0.2", skipNodeUpdate: true, checks: [check] };
		await endpoints.catalog.register(change, write);
		await clock.advanceAsync(1_000);
		expect(shows("far")).toBe('warning: Aliased check "wcheck" failing: meh');
		await agent.deregisterCheck("far");
		agent.close();
		await clock.advanceAsync(400_000);
		expect(clock.pendingCount).toBe(0);
	});

	it("keeps outputs within the agent's limit, or not at all, and removes no sooner than it may", async () => {
		const agent = await start({ outputSizeBytesMax: 4, deregisterAfterMsMin: 1_000 });
		const hasty = plan({ status: "passing" }, { outputSizeBytesMax: 100, deregisterCriticalServiceAfterMs: 1 });
		await agent.registerService(service("s"), [hasty], api);
		await agent.updateTtlCheck("service:s", "critical", "too long");
		expect(agent.checks().get("service:s")?.content.output).toBe("too  ... (captured 4 of 8 bytes)");
		await clock.advanceAsync(900);
		expect(agent.services().size).toBe(1);
		await clock.advanceAsync(200);
		expect(agent.services().size).toBe(0);
		const discreet = await start({ discardOutput: true });
		await discreet.registerService(service("s"), [plan()], api);
		await discreet.updateTtlCheck("service:s", "warning", "secret");
		expect(discreet.checks().get("service:s")?.content).toMatchObject({ status: "warning", output: "" });
	});

	it.each([
		[1, 60_000],
		[128, 60_000],
		[129, 120_000],
		[256, 120_000],
		[512, 180_000],
		[5_000, 420_000],
	])("compares less often in a cluster of %d", (size, pauseMs) => {
		expect(comparisonPauseMs(60_000, size)).toBe(pauseMs);
	});

	it("acknowledges without a leader after a bounded wait, and carries it over later", async () => {
		let leader = false;
		const real = endpoints;
		endpoints = {
			...real,
			catalog: { ...real.catalog, register: (...args) => (leader ? real.catalog.register(...args) : noLeader()) },
		};
		const agent = await start();
		let acknowledged = false;
		const done = agent.registerService(service("s"), [], api).then(() => {
			acknowledged = true;
		});
		await clock.advanceAsync(1_900);
		expect(acknowledged).toBe(false);
		await clock.advanceAsync(200);
		await done;
		leader = true;
		await clock.advanceAsync(30_000);
		expect(await shown(real)).toEqual({ "": ["serfHealth=passing"], s: ["80"] });
	});

	it("has after a crash what it acknowledged, and a TTL check's state until it expires", async () => {
		const disk = new FakeDisk();
		const store = createDiskStore(disk, "/data");
		const first = await start({ store });
		await first.registerService(service("s/1"), [plan({}, { ttlMs: 60_000 })], api);
		await first.registerService(service("gone"), [plan()], api);
		await first.registerService(service("file"), [], { ...api, source: "file" });
		await first.deregisterService("gone");
		await first.updateTtlCheck("service:s/1", "passing", "well");
		first.close();
		const found = disk.crash(fakeRandom(3));

		const renewed: unknown[] = [];
		const runner = { start: () => {}, stop: () => {}, renew: (...args: unknown[]) => void renewed.push(args) };
		await clock.advanceAsync(20_000);
		const second = await start({ store: createDiskStore(found, "/data"), runner });
		expect([...second.services().keys()]).toEqual(["s/1"]);
		expect(second.checks().get("service:s/1")?.content).toMatchObject({ status: "passing", output: "well" });
		expect(renewed).toEqual([["service:s/1", 40_000, "well"]]);
		second.close();

		await clock.advanceAsync(60_000);
		const third = await start({ store: createDiskStore(found, "/data") });
		expect(third.checks().get("service:s/1")?.content.status).toBe("critical");
	});

	it("names the file that it cannot read", async () => {
		const disk = new FakeDisk();
		await disk.makeFolder("/data/services");
		await disk.writeAtomic(`/data/services/${"0".repeat(64)}`, new TextEncoder().encode("{"));
		await expect(start({ store: createDiskStore(disk, "/data") })).rejects.toThrow(/\/data\/services\/0+ is not JSON/);
	});

	it("brings the catalog back to what is registered, whatever is done here and there in any order", async () => {
		const ids = ["a", "b", "c-1"];
		const step = fc.oneof(
			fc.record({
				act: fc.constant("register" as const),
				id: fc.constantFrom(...ids),
				port: fc.integer({ min: 1, max: 3 }),
				checks: fc.integer({ min: 0, max: 2 }),
			}),
			fc.record({ act: fc.constant("deregister" as const), id: fc.constantFrom(...ids) }),
			fc.record({
				act: fc.constant("report" as const),
				id: fc.constantFrom(...ids),
				status: fc.constantFrom<CheckStatus>("passing", "warning", "critical"),
			}),
			fc.record({ act: fc.constant("steal" as const), id: fc.constantFrom(...ids, "stranger") }),
			fc.record({ act: fc.constant("intrude" as const), id: fc.constantFrom(...ids, "stranger") }),
			fc.record({ act: fc.constant("outage" as const), writes: fc.integer({ min: 1, max: 4 }) }),
			fc.record({ act: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer(), async (steps, seed) => {
				const real = await catalog();
				clock = new FakeClock();
				let failures = 0;
				const flaky =
					<Args extends unknown[]>(call: (...args: Args) => Promise<void>) =>
					(...args: Args) =>
						failures-- > 0 ? noLeader() : call(...args);
				endpoints = {
					...real,
					catalog: {
						...real.catalog,
						register: flaky(real.catalog.register),
						deregister: flaky(real.catalog.deregister),
					},
				};
				const agent = await start({ random: fakeRandom(seed) });
				for (const each of steps) {
					if (each.act === "register") {
						const plans = Array.from({ length: each.checks }, () => plan());
						void agent.registerService(service(each.id, { port: each.port }), plans, {
							...api,
							replaceExistingChecks: true,
						});
					} else if (each.act === "deregister") void agent.deregisterService(each.id).catch(() => {});
					else if (each.act === "report") agent.reportCheck(`service:${each.id}`, each.status, "");
					else if (each.act === "steal")
						await real.catalog.deregister({ node: "n1", serviceId: each.id }, write).catch(() => {});
					else if (each.act === "intrude") {
						const { id: _, ...node } = identity;
						await real.catalog.register(
							{ ...node, id: identity.id, skipNodeUpdate: false, service: service(each.id, { port: 99 }), checks: [] },
							write,
						);
					} else if (each.act === "outage") failures = each.writes;
					else await clock.advanceAsync(each.ms);
				}
				failures = 0;
				await clock.advanceAsync(10 * 60_000);
				expect(await shown(real)).toEqual(wanted(agent));
				agent.close();
				expect(clock.pendingCount).toBe(0);
			}),
			{ numRuns: 60 },
		);
	});
});

function noLeader(): Promise<never> {
	return Promise.reject(new DiscoError("NO_LEADER", "no leader", { retryable: true }));
}
