import { expect, it } from "vitest";
import { FakeClock, FakeDisk } from "../../../lib/env/fake.ts";
import { silentLogger } from "../../../lib/log/index.ts";
import type { Member } from "./member.ts";
import { openSnapshot } from "./snapshot.ts";

const member = (name: string, host: string): Member => ({
	name,
	address: { host, port: 7946 },
	tags: new Map(),
	status: "alive",
	statusTime: 1,
	versions: new Uint8Array(6),
	goneSinceMs: undefined,
});

async function world(content = "", rejoinAfterLeave = false) {
	const disk = new FakeDisk();
	const clock = new FakeClock();
	if (content !== "") await disk.writeAtomic("pool", new TextEncoder().encode(content));
	const clocks = { clock: 5, eventClock: 3, queryClock: 1 };
	const open = () =>
		openSnapshot({ disk, path: "pool", rejoinAfterLeave, clock, clocks: () => clocks, logger: silentLogger });
	const text = async () => new TextDecoder().decode(await disk.read("pool"));
	return { clock, clocks, open, text };
}

it("reads what serf writes, and passes over the rest", async () => {
	const { open } = await world(
		[
			"alive: s1 10.0.0.1:7946",
			"alive: with blank [fd00::1]:8301",
			"# remark",
			"coordinate: {}",
			"alive: gone 10.0.0.2:7946",
			"not-alive: gone",
			"clock: 12",
			"event-clock: 7",
			"query-clock: 2",
			"clock: nonsense",
			"alive: torn 10.0",
		].join("\n"),
	);
	const snapshot = await open();
	expect(snapshot.members).toEqual([
		{ name: "s1", address: { host: "10.0.0.1", port: 7946 } },
		{ name: "with blank", address: { host: "fd00::1", port: 8301 } },
	]);
	expect(snapshot.clocks).toEqual({ clock: 12, eventClock: 7, queryClock: 2 });
	await snapshot.close();
});

it("writes what happens within half a second, and the clocks as what was last seen", async () => {
	const { open, clock, clocks, text } = await world();
	const snapshot = await open();
	snapshot.onEvent({ kind: "join", member: member("a", "10.0.0.1") });
	snapshot.onEvent({ kind: "join", member: member("b", "fd00::2") });
	snapshot.onEvent({ kind: "failed", member: member("a", "10.0.0.1") });
	await clock.advanceAsync(500);
	expect(await text()).toBe(
		"alive: a 10.0.0.1:7946\nalive: b [fd00::2]:7946\nnot-alive: a\nclock: 4\nevent-clock: 2\n",
	);
	clocks.queryClock = 9;
	await snapshot.close();
	expect(await text()).toMatch(/query-clock: 8\n$/);
	const again = await open();
	expect(again.members.map(({ name }) => name)).toEqual(["b"]);
	expect(again.clocks).toEqual({ clock: 4, eventClock: 2, queryClock: 8 });
	await again.close();
});

it.each([
	[false, []],
	[true, ["a"]],
])("after a leave (rejoin: %j) joins %j", async (rejoinAfterLeave, names) => {
	const { open } = await world("", rejoinAfterLeave);
	const snapshot = await open();
	snapshot.onEvent({ kind: "join", member: member("a", "10.0.0.1") });
	await snapshot.leave();
	await snapshot.close();
	const again = await open();
	expect(again.members.map(({ name }) => name)).toEqual(names);
	await again.close();
});

it("is written anew when it has grown, with what is alive only", async () => {
	const { open, clock, text } = await world();
	const snapshot = await open();
	for (let at = 0; at < 6000; at++) {
		snapshot.onEvent({ kind: "join", member: member("flapping", "10.0.0.1") });
		snapshot.onEvent({ kind: "failed", member: member("flapping", "10.0.0.1") });
	}
	snapshot.onEvent({ kind: "join", member: member("a", "10.0.0.2") });
	await clock.advanceAsync(500);
	expect(await text()).toBe("alive: a 10.0.0.2:7946\nclock: 4\nevent-clock: 2\nquery-clock: 0\n");
	await snapshot.close();
});
