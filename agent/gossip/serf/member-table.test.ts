import { beforeEach, expect, it } from "vitest";
import { FakeClock } from "../../../lib/env/fake.ts";
import { type Announcement, NodeDirectory } from "../swim/node-directory.ts";
import { encodeTags } from "../wire/serf-messages.ts";
import { EventRing } from "./event-ring.ts";
import { LamportClock } from "./lamport-clock.ts";
import { MemberTable } from "./member-table.ts";
import { serfSettings } from "./settings.ts";

let clock: FakeClock;
let lamport: LamportClock;
let events: string[];
let refuted: number;
let table: MemberTable;

beforeEach(() => {
	clock = new FakeClock();
	lamport = new LamportClock();
	events = [];
	refuted = 0;
	table = new MemberTable({
		self: "own",
		directory: new NodeDirectory(),
		clock,
		lamport,
		settings: serfSettings,
		emit: (event) => void ("member" in event && events.push(`${event.kind} ${event.member.name}`)),
		refuteLeave: () => {
			refuted++;
		},
	});
});

const node = (name: string, tags: readonly (readonly [string, string])[] = []): Announcement => ({
	name,
	address: { host: "10.0.0.1", port: 7946 },
	hostBytes: Uint8Array.of(10, 0, 0, 1),
	meta: encodeTags(new Map(tags)),
	versions: Uint8Array.of(1, 5, 2, 2, 5, 5),
});
const join = (Node: string, LTime: number) => table.joinIntent({ LTime, Node });
const leave = (Node: string, LTime: number, Prune = false) => table.leaveIntent({ LTime, Node, Prune }, false);
const statusOf = (name: string) => table.get(name)?.status;

it("who announced its leave has left, who did not has failed", () => {
	table.onJoin(node("a"));
	table.onJoin(node("b"));
	expect(leave("a", 5)).toBe(true);
	expect(statusOf("a")).toBe("leaving");
	table.onLeave("a");
	table.onLeave("b");
	expect(events).toEqual(["join a", "join b", "leave a", "failed b"]);
	expect(lamport.time).toBe(6);
});

it("an intent counts once, and the newer one wins", () => {
	table.onJoin(node("a"));
	expect([leave("a", 5), leave("a", 5), leave("a", 4)]).toEqual([true, false, false]);
	expect([join("a", 5), join("a", 6)]).toEqual([false, true]);
	expect(statusOf("a")).toBe("alive");
});

it("a failed member that is said to have left has left; pruned, it is forgotten", () => {
	table.onJoin(node("a"));
	table.onLeave("a");
	expect(leave("a", 9)).toBe(true);
	expect(statusOf("a")).toBe("left");
	leave("a", 10, true);
	expect(statusOf("a")).toBeUndefined();
	expect(events).toEqual(["join a", "failed a", "leave a", "reap a"]);
});

it("what is said of our own leave is refuted", () => {
	table.onJoin(node("own"));
	expect(leave("own", 5)).toBe(false);
	expect([refuted, statusOf("own")]).toEqual([1, "alive"]);
});

it("an intent about an unknown node waits for it, but not for ever", () => {
	expect([leave("a", 7), leave("a", 7)]).toEqual([true, false]);
	table.onJoin(node("a"));
	expect(table.get("a")).toMatchObject({ status: "leaving", statusTime: 7 });
	join("b", 8);
	clock.advance(serfSettings.recentIntentTimeoutMs + 1);
	table.reap();
	table.onJoin(node("b"));
	expect(table.get("b")).toMatchObject({ status: "alive", statusTime: 0 });
});

it("the gone are forgotten after their time; a member may say its own", () => {
	table.onJoin(node("a"));
	table.onJoin(node("short", [["rc_tm", "1h"]]));
	for (const name of ["a", "short"]) table.onLeave(name);
	clock.advance(3_600_001);
	table.reap();
	expect([statusOf("a"), statusOf("short")]).toEqual(["failed", undefined]);
	clock.advance(serfSettings.reconnectTimeoutMs);
	table.reap();
	expect(statusOf("a")).toBeUndefined();
});

it("the ring tells doubles and what is too old", () => {
	const ring = new EventRing<string>(4, (a, b) => a === b);
	expect([ring.add(5, "x", 6), ring.add(5, "x", 6), ring.add(5, "y", 6)]).toEqual([true, false, true]);
	expect([ring.add(1, "old", 6), ring.add(2, "in", 6)]).toEqual([false, true]);
	ring.minTime = 9;
	expect([ring.add(8, "before", 10), ring.add(9, "at", 10)]).toEqual([false, true]);
});

it("the Lamport clock moves as recorded, and follows nobody to the end of time", () => {
	lamport.witness(41);
	expect(lamport.time).toBe(42);
	lamport.witness(41);
	expect(lamport.time).toBe(42);
	lamport.witness(42);
	expect(lamport.time).toBe(43);
	lamport.witness(Number.MAX_SAFE_INTEGER);
	expect(lamport.time).toBe(43);
});
