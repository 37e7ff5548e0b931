import fc from "fast-check";
import { expect, it } from "vitest";
import { FakeClock, FakeDisk, fakeRandom, settle } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { stateMachine } from "../fsm/index.ts";
import { MemoryLog } from "../raft/index.ts";
import { createServerEndpoints, type Endpoints, type ServiceContent } from "../rpc/index.ts";
import { StateStore } from "../state/index.ts";
import { createDiskStore, createLocalAgent, type RunningLocalAgent } from "./index.ts";

const node = {
	id: "6f1c1f5e-5f6e-4c7b-9d1f-1f2e3d4c5b6a",
	node: "n1",
	address: "10.0.0.1",
	datacenter: "dc1",
	taggedAddresses: { lan: "10.0.0.1" },
	meta: {},
};
const read = { datacenter: "", token: "", consistency: "default", minIndex: 0, maxWaitMs: 0 } as const;
const containers = ["web", "db", "cache", "queue"];

function serviceOf(id: string, port: number): ServiceContent {
	return {
		id,
		service: id,
		kind: "",
		tags: ["one"],
		address: "",
		taggedAddresses: null,
		meta: {},
		port,
		weights: { passing: 1, warning: 1 },
		enableTagOverride: false,
	};
}

async function catalog(clock: FakeClock): Promise<Endpoints> {
	const store = new StateStore({ wakeSlices: (slice) => setImmediate(slice) });
	const log = new MemoryLog({ machine: stateMachine(store) });
	await log.start();
	return createServerEndpoints({
		store,
		log,
		clock,
		random: fakeRandom(1),
		datacenter: "dc1",
		leaderAddress: () => "10.0.0.1:8300",
		peerAddresses: () => [],
	});
}

const steps = fc.array(
	fc.oneof(
		// What runs, which is the truth; the registrator hears of it, or misses it.
		fc.record({
			act: fc.constant("run" as const),
			id: fc.constantFrom(...containers),
			port: fc.integer({ min: 1, max: 3 }),
			heard: fc.boolean(),
		}),
		fc.record({ act: fc.constant("stop" as const), id: fc.constantFrom(...containers), heard: fc.boolean() }),
		fc.record({ act: fc.constant("resync" as const) }),
		// The agent's end, in order or by loss of power, and its start.
		fc.record({ act: fc.constant("restart" as const), crash: fc.boolean() }),
		// Others in the catalog, and a leader that is away for a while.
		fc.record({ act: fc.constant("tamper" as const), id: fc.constantFrom(...containers, "stranger") }),
		fc.record({ act: fc.constant("outage" as const), ms: fc.integer({ min: 1, max: 120_000 }) }),
		fc.record({ act: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
	),
	{ maxLength: 40 },
);

/** An agent on a disk, a catalog that fails at times, and a registrator that knows what runs. */
async function play(schedule: typeof steps extends fc.Arbitrary<infer Steps> ? Steps : never, seed: number) {
	const clock = new FakeClock();
	const random = fakeRandom(seed);
	const real = await catalog(clock);
	const running = new Map<string, number>();
	let disk = new FakeDisk();
	let outageUntilMs = 0;
	const guarded =
		<Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
		(...args: Args): Promise<Result> =>
			clock.monotonicMs() < outageUntilMs
				? Promise.reject(new DiscoError("NO_LEADER", "no leader", { retryable: true }))
				: call(...args);
	const endpoints: Endpoints = {
		...real,
		catalog: {
			...real.catalog,
			register: guarded(real.catalog.register),
			deregister: guarded(real.catalog.deregister),
			node: guarded(real.catalog.node),
		},
	};
	const start = () =>
		createLocalAgent({
			identity: node,
			own: { checks: [] },
			store: createDiskStore(disk, "/data"),
			endpoints,
			runner: { start: () => {}, stop: () => {}, renew: () => {} },
			clock,
			random,
			logger: silentLogger,
			members: () => [],
			scriptChecks: { api: false, file: false },
		});
	let agent: RunningLocalAgent = await start();
	const how = { token: "", replaceExistingChecks: true };
	const register = (id: string, port: number) =>
		void agent.registerService(serviceOf(id, port), [], how).catch(() => {});
	const deregister = (id: string) => void agent.deregisterService(id).catch(() => {});
	const resync = () => {
		for (const [id, port] of running) register(id, port);
		for (const id of agent.services().keys()) if (!running.has(id)) deregister(id);
	};
	for (const step of schedule) {
		if (step.act === "run") {
			running.set(step.id, step.port);
			if (step.heard) register(step.id, step.port);
		} else if (step.act === "stop") {
			running.delete(step.id);
			if (step.heard) deregister(step.id);
		} else if (step.act === "resync") resync();
		else if (step.act === "restart") {
			if (!step.crash) await clock.advanceAsync(3_000);
			agent.close();
			if (step.crash) disk = disk.crash(random);
			agent = await start();
		} else if (step.act === "tamper") {
			const write = { datacenter: "", token: "" };
			if (random.next() < 0.5) await real.catalog.deregister({ node: "n1", serviceId: step.id }, write).catch(() => {});
			else
				await real.catalog.register(
					{ ...node, skipNodeUpdate: false, service: serviceOf(step.id, 99), checks: [] },
					write,
				);
		} else if (step.act === "outage") outageUntilMs = clock.monotonicMs() + step.ms;
		else await clock.advanceAsync(step.ms);
		await settle();
	}
	await clock.advanceAsync(120_000);
	resync();
	await clock.advanceAsync(10 * 60_000);
	const found = (await real.catalog.node("n1", read)).value?.services ?? [];
	const local = [...agent.services().values()];
	agent.close();
	return {
		truth: Object.fromEntries(running),
		agent: Object.fromEntries(local.map(({ content }) => [content.id, content.port])),
		catalog: Object.fromEntries(found.map(({ id, port }) => [id, port])),
		timers: clock.pendingCount,
	};
}

it("agent, registrator and catalog come to one truth, whatever was missed, lost, tampered with or started again", async () => {
	await fc.assert(
		fc.asyncProperty(steps, fc.integer(), async (schedule, seed) => {
			const { truth, agent, catalog: shown, timers } = await play(schedule, seed);
			expect(agent).toEqual(truth);
			expect(shown).toEqual(truth);
			expect(timers).toBe(0);
		}),
		{ numRuns: process.env["DISCO_LONG"] === "1" ? 3_000 : 80 },
	);
});
