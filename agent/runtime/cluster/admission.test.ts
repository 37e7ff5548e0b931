import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../lib/env/fake.ts";
import { createLogger } from "../../../lib/log/index.ts";
import { admission } from "./admission.ts";
import type { ServerMember } from "./server-member.ts";

function member(id: string, change: Partial<ServerMember> = {}): ServerMember {
	const defaults = { name: `s${id}`, address: `10.0.0.${id}:8300`, status: "alive", expect: 0 } as const;
	return { id, version: "1.14.4", sharesLog: true, bootstrap: false, voter: true, ...defaults, ...change };
}

/** Of a cluster of 10.0.0.1 and .2. */
function world(peers: Readonly<Record<string, readonly string[]>>) {
	const lines: string[] = [];
	const asked: string[] = [];
	const clock = new FakeClock();
	const logger = createLogger({ level: "info", clock, write: (line) => lines.push(line) });
	const parts = {
		ownAddresses: () => ["10.0.0.1:8300", "10.0.0.2:8300"],
		peersOf: async (address: string) => {
			asked.push(address);
			const answer = peers[address];
			if (answer === undefined) throw new Error("nobody there");
			return answer;
		},
		clock,
		logger,
	};
	return { lines, asked, clock, ...admission(parts) };
}

describe("whom a cluster takes in", () => {
	it("one without a log, and one that was of this cluster before", async () => {
		const { ask, mayJoin, lines } = world({
			"10.0.0.4:8300": [],
			"10.0.0.5:8300": ["10.0.0.5:8300", "10.0.0.2:8300", "10.0.0.9:8300"],
		});
		expect(mayJoin(member("4"))).toBe(false);
		await ask([member("4"), member("5")]);
		expect([member("4"), member("5")].map(mayJoin)).toEqual([true, true]);
		expect(mayJoin(member("4", { address: "10.0.0.44:8300" }))).toBe(false);
		expect(lines).toEqual([]);
	});

	it("not one that has begun a cluster itself, or is of another: it is named once", async () => {
		const { ask, mayJoin, lines, clock } = world({
			"10.0.0.4:8300": ["10.0.0.4:8300"],
			"10.0.0.5:8300": ["10.0.0.5:8300", "10.0.0.6:8300"],
		});
		for (let look = 0; look < 5; look++) {
			await ask([member("4"), member("5")]);
			clock.advance(20_000);
		}
		expect([member("4"), member("5")].map(mayJoin)).toEqual([false, false]);
		expect(lines).toHaveLength(2);
		expect(lines[0]).toMatch(/s4.*state of its own.*empty its data folder/);
	});

	it("not a new server with a cluster of its own at the address of one of ours", async () => {
		const { ask, mayJoin } = world({ "10.0.0.2:8300": ["10.0.0.2:8300"] });
		const setUpAnew = member("7", { address: "10.0.0.2:8300" });
		await ask([setUpAnew]);
		expect(mayJoin(setUpAnew)).toBe(false);
	});

	it("not Consul's servers, which are not even asked", async () => {
		const { ask, mayJoin, lines, asked } = world({ "10.0.0.4:8300": [] });
		await ask([member("4", { sharesLog: false })]);
		expect(mayJoin(member("4", { sharesLog: false }))).toBe(false);
		expect(asked).toEqual([]);
		expect(lines[0]).toMatch(/none of disco's/);
	});

	it("asks again who did not answer, and others after a while", async () => {
		const peers: Record<string, readonly string[]> = {};
		const { ask, mayJoin, asked, clock } = world(peers);
		await ask([member("4")]);
		peers["10.0.0.4:8300"] = [];
		await ask([member("4")]);
		expect(mayJoin(member("4"))).toBe(true);
		await ask([member("4")]);
		expect(asked).toHaveLength(2);
		clock.advance(20_000);
		peers["10.0.0.4:8300"] = ["10.0.0.4:8300"];
		await ask([member("4")]);
		expect(mayJoin(member("4"))).toBe(false);
	});
});
