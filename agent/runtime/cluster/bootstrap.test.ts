import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../lib/env/fake.ts";
import { silentLogger } from "../../../lib/log/index.ts";
import type { Configuration } from "../../raft/index.ts";
import { awaitExpectedServers } from "./bootstrap.ts";
import type { ServerMember } from "./server-member.ts";

function member(id: string, change: Partial<ServerMember> = {}): ServerMember {
	const defaults = { name: `s${id}`, address: `10.0.0.${id}:8300`, status: "alive", expect: 3 } as const;
	return { id, version: "1.14.4", sharesLog: true, bootstrap: false, voter: true, ...defaults, ...change };
}

async function world(servers: ServerMember[], peersOf = async (_: string): Promise<readonly string[]> => []) {
	const clock = new FakeClock();
	const begun: Configuration[] = [];
	const expected = awaitExpectedServers({
		expect: 3,
		servers: () => servers,
		selfId: "1",
		hasLog: () => begun.length > 0,
		peersOf,
		begin: (configuration) => {
			begun.push(configuration);
			return true;
		},
		clock,
		logger: silentLogger,
	});
	return { clock, begun, expected, run: () => clock.advanceAsync(5_000) };
}

describe("bootstrap_expect", () => {
	it("begins with all that are there, by id, once so many are", async () => {
		const servers = [member("1"), member("3")];
		const { begun, run } = await world(servers);
		await run();
		expect(begun).toEqual([]);
		servers.push(member("2"));
		await run();
		expect(begun).toHaveLength(1);
		expect(begun[0]?.servers.map(({ id }) => id)).toEqual(["1", "2", "3"]);
	});

	it("does not count who has failed, or has no vote", async () => {
		const { begun, run } = await world([member("1"), member("2", { status: "failed" }), member("3", { voter: false })]);
		await run();
		expect(begun).toEqual([]);
	});

	it.each([
		["one began by itself", { bootstrap: true, expect: 0 }],
		["one expects another number", { expect: 5 }],
	])("does not begin when %s", async (_, change) => {
		const { begun, run } = await world([member("1"), member("2"), member("3", change)]);
		await run();
		expect(begun).toEqual([]);
	});

	it("does not begin when one is in a cluster already, and asks no more", async () => {
		let asked = 0;
		const { begun, run } = await world([member("1"), member("2"), member("3")], async (address) => {
			asked++;
			return address.startsWith("10.0.0.3") ? ["10.0.0.3:8300"] : [];
		});
		await run();
		await run();
		expect(begun).toEqual([]);
		expect(asked).toBe(2);
	});

	it("waits until all can be asked", async () => {
		let down = true;
		const { begun, run } = await world([member("1"), member("2"), member("3")], async () => {
			if (down) throw new Error("connection refused");
			return [];
		});
		await run();
		expect(begun).toEqual([]);
		down = false;
		await run();
		expect(begun).toHaveLength(1);
	});
});
