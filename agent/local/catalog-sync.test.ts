import { describe, expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { stateMachine } from "../fsm/index.ts";
import { MemoryLog } from "../raft/index.ts";
import { type CheckContent, createServerEndpoints, type Endpoints } from "../rpc/index.ts";
import { StateStore } from "../state/index.ts";
import { checkContent } from "../state/testing.ts";
import { createCatalogSync, nodeUnit } from "./catalog-sync.ts";

const read = { datacenter: "", token: "", consistency: "default", minIndex: 0, maxWaitMs: 0 } as const;
const identity = {
	id: "6f1c1f5e-5f6e-4c7b-9d1f-1f2e3d4c5b6a",
	node: "n1",
	address: "10.0.0.1",
	datacenter: "dc1",
	taggedAddresses: {},
	meta: {},
};

/** A node with many checks of its own, whose every look at what is wanted is written down. */
async function setUp() {
	const clock = new FakeClock();
	const store = new StateStore({ wakeSlices: (slice) => setImmediate(slice) });
	const log = new MemoryLog({ machine: stateMachine(store) });
	await log.start();
	const endpoints = createServerEndpoints({
		store,
		log,
		clock,
		random: fakeRandom(1),
		datacenter: "dc1",
		leaderAddress: () => "10.0.0.1:8300",
		peerAddresses: () => [],
	});
	let failures = 0;
	const unsteady: Endpoints = {
		...endpoints,
		catalog: {
			...endpoints.catalog,
			register: async (registration, options) => {
				if (failures-- > 0) throw new DiscoError("NO_LEADER", "no leader");
				return endpoints.catalog.register(registration, options);
			},
		},
	};
	const checks = new Map<string, CheckContent>();
	for (let each = 0; each < 500; each++) checks.set(`c${each}`, checkContent(`c${each}`, { output: "first" }));
	const looks: ("all" | string[])[] = [];
	const sync = createCatalogSync({
		identity,
		leaderKeeps: false,
		endpoints: unsteady,
		clock,
		random: fakeRandom(2),
		logger: silentLogger,
		units: () => [nodeUnit],
		wanted: (unit, checkIds) => {
			if (unit !== nodeUnit) return { checks: new Map() };
			looks.push(checkIds === undefined ? "all" : [...checkIds]);
			if (checkIds === undefined) return { checks: new Map(checks) };
			return { checks: new Map([...checks].filter(([id]) => [...checkIds].includes(id))) };
		},
		tokenOf: () => "",
		unitOfCheck: (id) => (checks.has(id) ? nodeUnit : undefined),
		outputMayWait: () => false,
		intervalMs: 60_000,
		clusterSize: () => 1,
	});
	await sync.compare();
	looks.length = 0;
	return {
		clock,
		checks,
		looks,
		sync,
		fail: (times: number) => {
			failures = times;
		},
		outputs: async () => {
			const found = (await endpoints.health.node("n1", read)).value;
			return new Map(found.map(({ checkId, output }) => [checkId, output]));
		},
	};
}

describe("a push of single checks", () => {
	it("looks at these only, however many others the node has", async () => {
		const { sync, checks, looks, outputs } = await setUp();
		checks.set("c7", checkContent("c7", { output: "second" }));
		checks.delete("c8");
		checks.set("new", checkContent("new", { output: "first" }));
		await sync.push(nodeUnit, ["c7"]);
		await sync.push(nodeUnit, ["c8", "new"]);
		expect(looks).toEqual([["c7"], ["c8", "new"]]);
		expect([...(await outputs())].sort()).toEqual([...checks].map(([id, { output }]) => [id, output]).sort());
	});

	it("carries what failed with the next attempt, and what came in between", async () => {
		const { clock, sync, checks, fail, outputs } = await setUp();
		fail(2);
		for (const id of ["c1", "c2", "c3"]) checks.set(id, checkContent(id, { output: "second" }));
		const pushes = [sync.push(nodeUnit, ["c1"]), sync.push(nodeUnit, ["c2"])];
		await clock.advanceAsync(0);
		pushes.push(sync.push(nodeUnit, ["c3"]));
		await clock.advanceAsync(60_000);
		await Promise.all(pushes);
		const found = await outputs();
		expect(["c1", "c2", "c3", "c4"].map((id) => found.get(id))).toEqual(["second", "second", "second", "first"]);
	});
});
