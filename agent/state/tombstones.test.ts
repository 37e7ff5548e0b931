import { expect, it } from "vitest";
import { StateStore } from "./index.ts";
import { Tombstones, tombstonesMax } from "./tombstones.ts";

it("knows the newest delete below a prefix", () => {
	const tombstones = new Tombstones();
	tombstones.add("a/1", 3);
	tombstones.add("a/2", 5);
	tombstones.add("b", 7);
	expect(["a/", "a/1", "b", "", "c"].map((prefix) => tombstones.newestBelow(prefix))).toEqual([5, 3, 7, 7, 0]);
	tombstones.remove("a/2");
	expect(tombstones.newestBelow("a/")).toBe(3);
});

it("forgets the oldest beyond the limit, all of one index together, and remembers the floor", () => {
	const tombstones = new Tombstones();
	for (const key of ["old/1", "old/2"]) tombstones.add(key, 1);
	for (let at = 0; at < tombstonesMax - 1; at++) tombstones.add(`new/${at}`, 2 + at);
	expect(tombstones.floor).toBe(1);
	expect(tombstones.newestBelow("old/")).toBe(0);
	expect(tombstones.newestBelow("new/0")).toBe(2);
	expect([...tombstones.snapshot().tombstones]).toHaveLength(tombstonesMax - 1);
});

it("a tree above the limit raises every prefix's index to it", () => {
	const store = new StateStore({ wakeSlices: () => undefined });
	const value = new Uint8Array();
	store.kvWrite(1, { operation: "set", key: "kept/key", value, flags: 0n });
	for (let at = 0; at <= tombstonesMax; at++)
		store.kvWrite(2 + at, { operation: "set", key: `tree/${at}`, value, flags: 0n });
	const before = store.kvList("kept/").value;
	store.kvWrite(100_000, { operation: "delete-tree", prefix: "tree/" });
	store.kvWrite(100_001, { operation: "set", key: "other", value, flags: 0n });
	expect(store.kvList("tree/")).toEqual({ index: 100_001, value: [] });
	store.kvWrite(100_002, { operation: "set", key: "kept/two", value, flags: 0n });
	store.kvWrite(100_003, { operation: "delete", key: "kept/two" });
	expect(store.kvList("kept/")).toEqual({ index: 100_003, value: before });
});
