import { expect, it } from "vitest";
import { fakeRandom } from "../../../lib/env/fake.ts";
import { type Announcement, NodeDirectory } from "./node-directory.ts";
import { NodeList } from "./node-list.ts";
import { isGone } from "./pool-node.ts";

const told = (name: string, meta = 0): Announcement => ({
	name,
	address: { host: "10.0.0.1", port: 7946 },
	hostBytes: Uint8Array.of(10, 0, 0, 1),
	meta: Uint8Array.of(meta),
	versions: Uint8Array.of(1, 5, 2, 2, 5, 4),
});
const listOf = (directory: NodeDirectory, ...names: readonly string[]) => {
	const list = new NodeList(fakeRandom(1), directory);
	for (const name of names) list.add(told(name), 0).setStatus("alive", 0);
	return list;
};
const namesOf = (list: NodeList) => [...list.all()].map(({ name }) => name).sort();

it("every node's turn to be probed comes once in a round, and who is gone is forgotten after it", () => {
	const names = Array.from({ length: 30 }, (_, at) => `n${at}`);
	const list = listOf(new NodeDirectory(), ...names);
	const round = () => names.map(() => list.nextToProbe((node) => !isGone(node), isGone)?.name);
	expect(round().sort()).toEqual([...names].sort());
	list.get("n7")?.setStatus("dead", 5);
	expect(list.get("n7")?.goneSinceMs).toBe(5);
	const probed = round();
	expect(probed).not.toContain("n7");
	expect([list.get("n7"), list.size]).toEqual([undefined, 29]);
});

it("a forgotten node's number is another's, and nothing of the old one is left in it", () => {
	const directory = new NodeDirectory();
	const list = listOf(directory, "a", "b");
	const number = directory.numberOf("a");
	list.get("a")?.setIncarnation(9);
	list.get("a")?.setStatus("dead", 5);
	for (let turn = 0; turn < 3; turn++) list.nextToProbe((node) => !isGone(node), isGone);
	expect(directory.numberOf("a")).toBeUndefined();
	const node = list.add(told("c"), 7);
	expect(directory.numberOf("c")).toBe(number);
	expect([node.name, node.incarnation, node.status, node.goneSinceMs]).toEqual(["c", 0, "dead", 7]);
	expect(namesOf(list)).toEqual(["b", "c"]);
});

it("lists with one directory share names and announcements and nothing else", () => {
	const directory = new NodeDirectory();
	const [first, second] = [listOf(directory, "a", "b"), listOf(directory, "b", "a")];
	expect(first.get("a")?.announcement).toBe(second.get("a")?.announcement);
	first.get("a")?.setStatus("dead", 5);
	first.get("a")?.setAnnouncement(first.announcement(told("a", 1)));
	expect([second.get("a")?.status, second.get("a")?.announcement.meta[0]]).toEqual(["alive", 0]);
	// One forgets it, the other does not.
	for (let turn = 0; turn < 3; turn++) first.nextToProbe((node) => !isGone(node), isGone);
	expect([namesOf(first), namesOf(second)]).toEqual([["b"], ["a", "b"]]);
	first.adopt(second);
	expect([namesOf(first), first.get("a")?.status]).toEqual([["a", "b"], "alive"]);
	second.get("a")?.setStatus("suspect", 0);
	expect(first.get("a")?.status).toBe("alive");
});

it("a sample has no node twice and only those that fit", () => {
	const list = listOf(new NodeDirectory(), ...Array.from({ length: 9 }, (_, at) => `n${at}`));
	for (let count = 0; count < 50; count++) {
		const names = list.sample(4, ({ name }) => name !== "n3").map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		expect(names).not.toContain("n3");
	}
	expect(list.sample(2, () => false)).toEqual([]);
});
