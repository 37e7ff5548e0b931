import { describe, expect, it } from "vitest";
import { autopilotDefaults } from "./operator.ts";
import { bytes, read, startServer, write } from "./testing.ts";

describe("autopilot's configuration", () => {
	it("begins with the defaults and is changed under a condition", async () => {
		const { operator } = (await startServer()).endpoints;
		const first = (await operator.autopilotConfiguration(read)).value;
		expect(first).toMatchObject(autopilotDefaults);
		expect(first.modifyIndex).toBeGreaterThan(0);
		const changed = { ...autopilotDefaults, maxTrailingLogs: 9 };
		expect(await operator.setAutopilotConfiguration(changed, first.modifyIndex + 5, write)).toBe(false);
		expect(await operator.setAutopilotConfiguration(changed, first.modifyIndex, write)).toBe(true);
		const second = (await operator.autopilotConfiguration(read)).value;
		expect(second).toMatchObject({ ...changed, createIndex: first.createIndex });
		expect(second.modifyIndex).toBeGreaterThan(first.modifyIndex);
		expect(await operator.setAutopilotConfiguration({ minQuorum: 3 }, undefined, write)).toBe(true);
		expect((await operator.autopilotConfiguration(read)).value).toMatchObject({ ...autopilotDefaults, minQuorum: 3 });
	});
});

describe("a server that stands alone", () => {
	it("is healthy, its own leader, and stays in the configuration", async () => {
		const { operator } = (await startServer()).endpoints;
		const own = { id: "id-1", node: "server-1", address: "10.0.0.1:8300", leader: true, voter: true };
		expect(await operator.raftConfiguration(read)).toEqual({ servers: [own], index: 0 });
		expect(await operator.autopilotHealth(read)).toMatchObject({
			healthy: true,
			failureTolerance: 0,
			servers: [{ ...own, serfStatus: "alive", healthy: true }],
		});
		await expect(operator.removePeer({ address: "1.2.3.4:5" }, write)).rejects.toThrow(
			`address "1.2.3.4:5" was not found in the Raft configuration`,
		);
		await expect(operator.removePeer({ id: "id-1" }, write)).rejects.toMatchObject({ code: "PEER_LAST" });
	});
});

describe("a key's history", () => {
	it("is kept where a rule says so, with time, and no longer than it says", async () => {
		const { endpoints, clock } = await startServer();
		const { kv } = endpoints;
		const set = (key: string, value: string) =>
			kv.write({ operation: "set", key, value: bytes(value), flags: 0n }, write);
		await set("app/a", "before");
		await kv.keepHistory([{ prefix: "app/", revisionsMax: 3 }], write);
		for (const value of ["1", "2", "2", "3"]) {
			await clock.advanceAsync(1_000);
			await set("app/a", value);
			await set("other", value);
		}
		await kv.write({ operation: "delete-tree", prefix: "app/" }, write);
		const { value } = await kv.history("app/a", read);
		expect(
			value.map((revision) => [revision.value && new TextDecoder().decode(revision.value), revision.timeMs]),
		).toEqual([
			["2", Date.UTC(2026, 0, 1, 0, 0, 2)],
			["3", Date.UTC(2026, 0, 1, 0, 0, 4)],
			[undefined, Date.UTC(2026, 0, 1, 0, 0, 4)],
		]);
		expect((await kv.history("other", read)).value).toEqual([]);
	});
});
