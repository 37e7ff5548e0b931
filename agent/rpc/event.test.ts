import { describe, expect, it } from "vitest";
import { FakeClock, fakeRandom, settle } from "../../lib/env/fake.ts";
import { eventEndpoints, eventIndex } from "./event.ts";

const write = { datacenter: "", token: "" };
const none = { index: 0n, maxWaitMs: 0 };
const event = (name: string, fields: object = {}) => ({
	name,
	payload: new Uint8Array(),
	nodeFilter: "",
	serviceFilter: "",
	tagFilter: "",
	...fields,
});

function newEvents() {
	const clock = new FakeClock();
	const audience = { node: "web-1", services: () => [{ name: "api", tags: ["v1", "blue"] }] };
	return { clock, events: eventEndpoints({ clock, random: fakeRandom(1), audience }) };
}

describe("user events", () => {
	it("are listed oldest first, with their Lamport times, and only the last 256", async () => {
		const { events } = newEvents();
		expect(await events.list({}, none)).toEqual({ value: [], index: 1n });
		const ids: string[] = [];
		for (let at = 0; at < 300; at++) ids.push((await events.fire(event(at % 2 === 0 ? "a" : "b"), write)).id);
		const { value, index } = await events.list({}, none);
		expect(value.map(({ id }) => id)).toEqual(ids.slice(-256));
		expect(value.at(-1)?.lamportTime).toBe(300);
		expect(index).toBe(eventIndex(ids.at(-1) ?? ""));
		expect((await events.list({ name: "a" }, none)).value).toHaveLength(128);
	});

	it("wake who waits for another index, and only with an event of that name", async () => {
		const { events, clock } = newEvents();
		await events.fire(event("a"), write);
		const { index } = await events.list({ name: "a" }, none);
		const waiting = events.list({ name: "a" }, { index, maxWaitMs: 5_000 });
		await events.fire(event("b"), write);
		await settle();
		await events.fire(event("a"), write);
		expect((await waiting).value).toHaveLength(2);
		const inVain = events.list({}, { index: (await events.list({}, none)).index, maxWaitMs: 5_000 });
		await clock.advanceAsync(5_000);
		expect((await inVain).value).toHaveLength(3);
		expect(clock.pendingCount).toBe(0);
	});

	it.each([
		[{ nodeFilter: "web.*" }, true],
		[{ nodeFilter: "db" }, false],
		[{ serviceFilter: "^api$" }, true],
		[{ serviceFilter: "api", tagFilter: "v1" }, true],
		[{ serviceFilter: "api", tagFilter: "v2" }, false],
		[{ serviceFilter: "none" }, false],
	])("with filter %j are kept: %j", async (filter, kept) => {
		const { events } = newEvents();
		await events.fire(event("a", filter), write);
		expect((await events.list({}, none)).value).toHaveLength(kept ? 1 : 0);
	});

	it.each([
		[event("a", { tagFilter: "v1" }), "Cannot provide tag filter without service filter"],
		[event("a", { nodeFilter: "(" }), "Invalid node filter: error parsing regexp: missing closing ): `(`"],
		[event(""), "Missing name"],
		[event("ab", { payload: new Uint8Array(413) }), "exceeds configured limit of 512 bytes after encoding"],
	])("as %j are refused", async (given, message) => {
		await expect(newEvents().events.fire(given, write)).rejects.toThrow(message);
	});

	// Measured on the reference: 412 bytes pass, 413 do not.
	it("may be as large as gossip carries", async () => {
		const { events } = newEvents();
		await expect(events.fire(event("ab", { payload: new Uint8Array(412) }), write)).resolves.toBeDefined();
	});

	it("have an index of 64 bits", () => {
		expect(eventIndex("ffffffff-ffff-ffff-0000-000000000001")).toBe(0xfffffffffffffffen);
	});
});
