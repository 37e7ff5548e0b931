import { describe, expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../../lib/env/fake.ts";
import { createDatacenterRouter, type WanServer } from "./datacenter-router.ts";

/** So many seconds from the origin, where this server is. */
const at = (seconds: number) => ({ vec: [seconds, 0, 0, 0, 0, 0, 0, 0], error: 1, adjustment: 0, height: 0 });

function server(address: string, datacenter: string, change: Partial<WanServer> = {}): WanServer {
	return { node: `n-${address}`, address, datacenter, isAlive: true, coordinate: undefined, ...change };
}

function world(servers: WanServer[], seed = 1) {
	const clock = new FakeClock();
	const pool = { servers };
	const router = createDatacenterRouter({
		datacenter: "dc1",
		servers: () => pool.servers,
		coordinate: () => at(0),
		clock,
		random: fakeRandom(seed),
	});
	return { clock, pool, router };
}

describe("datacenters", () => {
	it("stand by the median of the distances to their servers, this one first, those not measured last and by name", () => {
		const { router } = world([
			server("z1", "zeta"),
			server("a1", "alpha"),
			server("f1", "far", { coordinate: at(0.001) }),
			server("f2", "far", { coordinate: at(0.09) }),
			server("f3", "far", { coordinate: at(0.08) }),
			server("n1", "near", { coordinate: at(0.02) }),
			server("own", "dc1", { coordinate: at(0.5) }),
		]);
		expect(router.names()).toEqual(["dc1", "near", "far", "alpha", "zeta"]);
		expect(router.coordinates().map(({ datacenter, area, servers }) => [datacenter, area, servers.length])).toEqual([
			["dc1", "wan", 1],
			["near", "wan", 1],
			["far", "wan", 3],
			["alpha", "wan", 0],
			["zeta", "wan", 0],
		]);
	});

	it("as far as each other stand by name, whatever order the pool has", () => {
		const others = ["dc4", "dc2", "dc3"].map((name) => server(name, name, { coordinate: at(0.01) }));
		expect(world(others).router.names()).toEqual(["dc1", "dc2", "dc3", "dc4"]);
		expect(world(others.toReversed()).router.names()).toEqual(["dc1", "dc2", "dc3", "dc4"]);
	});

	it("that nobody knows are told from those whose servers have failed", () => {
		const { router, pool } = world([server("a", "dc2", { isAlive: false })]);
		expect(router.names()).toEqual(["dc1", "dc2"]);
		expect(() => router.route("dc2")).toThrow(expect.objectContaining({ code: "DATACENTER_UNREACHABLE" }));
		expect(() => router.route("dc3")).toThrow(expect.objectContaining({ code: "DATACENTER_UNKNOWN" }));
		pool.servers = [server("a", "dc2")];
		expect(router.route("dc2")).toEqual(["a"]);
		pool.servers = [];
		expect(() => router.route("dc2")).toThrow(expect.objectContaining({ code: "DATACENTER_UNKNOWN" }));
	});
});

describe("a datacenter's servers", () => {
	const three = ["a", "b", "c"].map((address) => server(address, "dc2"));

	it("are asked in the same order until one fails, which is last from then on", () => {
		const { router, pool } = world([...three, server("other", "dc3")]);
		const order = router.route("dc2");
		expect(order.toSorted()).toEqual(["a", "b", "c"]);
		expect(router.route("dc2")).toEqual(order);
		const [first = "", ...others] = order;
		router.failed("dc2", first);
		expect(router.route("dc2")).toEqual([...others, first]);
		// One that gossip takes for failed is not asked; when it is back it is the last.
		pool.servers = three.map((each) => ({ ...each, isAlive: each.address !== others[0] }));
		expect(router.route("dc2")).toEqual([others[1], first]);
		pool.servers = three;
		expect(router.route("dc2")).toEqual([others[1], first, others[0]]);
		expect(router.route("dc2")).toHaveLength(3);
	});

	it("are the first choice of as many routers each, and get another order after two to three minutes", () => {
		const firsts = new Map<string | undefined, number>();
		let changed = 0;
		for (let seed = 1; seed <= 300; seed++) {
			const { router, clock } = world(three, seed);
			const order = router.route("dc2");
			firsts.set(order[0], (firsts.get(order[0]) ?? 0) + 1);
			clock.advance(119_999);
			expect(router.route("dc2")).toEqual(order);
			clock.advance(60_001);
			if (router.route("dc2").join() !== order.join()) changed++;
		}
		// The seeds are fixed: a hundred each, five of six changed, would be even.
		for (const address of ["a", "b", "c"]) expect(firsts.get(address)).toBeGreaterThan(70);
		expect(changed).toBeGreaterThan(200);
	});
});
