import { describe, expect, it } from "vitest";
import { StateStore, type TxnOperation, WatchSet } from "./index.ts";
import { checkContent, registration, serviceContent } from "./testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const absent = "9c1bb9d7-29b4-4cf1-92f4-5b2eb1d0a1b5";

const kv = (verb: string, key: string, fields: Partial<TxnOperation & { kind: "kv" }> = {}): TxnOperation => ({
	kind: "kv",
	verb,
	key,
	value: bytes("v"),
	flags: 0n,
	index: 0,
	session: "",
	...fields,
});
const node = (verb: string, name: string, index = 0): TxnOperation => ({
	kind: "node",
	verb,
	node: { node: name, id: "", address: "10.0.0.1", datacenter: "dc1", taggedAddresses: null, meta: null },
	index,
});
const service = (verb: string, on: string, id: string, index = 0): TxnOperation => ({
	kind: "service",
	verb,
	node: on,
	service: serviceContent(id, { tags: ["t"], port: 80 }),
	index,
});
const check = (verb: string, on: string, checkId: string, serviceId = "", index = 0): TxnOperation => ({
	kind: "check",
	verb,
	node: on,
	check: checkContent(checkId, { name: "", serviceId }),
	index,
});

function newStore() {
	const slices: (() => void)[] = [];
	const store = new StateStore({ wakeSlices: (slice) => slices.push(slice) });
	store.register(1, registration("n"));
	const session = { name: "", node: "n", behavior: "delete" as const, lockDelayMs: 0, ttl: "", serviceChecks: [] };
	store.sessionCreate(2, { ...session, id: "s1", nodeChecks: [] });
	store.sessionCreate(3, { ...session, id: "s2", nodeChecks: [] });
	store.kvWrite(4, { operation: "set", key: "k", value: bytes("old"), flags: 7n });
	store.kvWrite(5, { operation: "lock", key: "l", value: bytes(""), flags: 0n, session: "s1" });
	return { store, slices };
}

const everything = (store: StateStore) => [...store.snapshot().records];

describe("a transaction", () => {
	it("does all at one index, each operation seeing those before it", () => {
		const { store } = newStore();
		const { results, errors } = store.txn(9, [
			node("set", "new"),
			service("set", "new", "web"),
			check("set", "new", "c", "web"),
			kv("set", "a", { flags: 3n }),
			kv("get", "a"),
			kv("get-tree", ""),
			kv("get-or-empty", "none"),
			kv("delete", "a"),
		]);
		expect(errors).toEqual([]);
		expect(
			results.map((result) => [result.kind, result.record.modifyIndex, "withValue" in result && result.withValue]),
		).toEqual([
			["node", 9, false],
			["service", 9, false],
			["check", 9, false],
			["kv", 9, false],
			["kv", 9, true],
			["kv", 9, true],
			["kv", 4, true],
			["kv", 5, true],
			["kv", 0, true],
		]);
		expect(results[2]).toMatchObject({ record: { serviceName: "web", serviceTags: ["t"] } });
		expect(store.serviceInstances("web").index).toBe(9);
		expect(store.kvGet("a").value).toBeUndefined();
	});

	it("tells every operation that fails, changes nothing, and wakes nobody", () => {
		const { store, slices } = newStore();
		const before = everything(store);
		let woken = 0;
		const watchSet = new WatchSet();
		for (const read of [store.kvList("", watchSet), store.nodes(watchSet), store.sessions(watchSet)]) void read;
		watchSet.wait(() => woken++);
		const kept = store.kvList("").value;
		const outcome = store.txn(9, [
			node("delete", "n"),
			kv("delete-tree", ""),
			kv("get", "k"),
			kv("set", "x"),
			{ kind: "session", verb: "delete", id: "s2" },
			kv("check-index", "x", { index: 1 }),
		]);
		expect(outcome).toEqual({
			results: [],
			errors: [
				{ operation: 2, what: `key "k" doesn't exist` },
				{ operation: 5, what: `failed index check for key "x", current modify index 9 != 1` },
			],
		});
		expect(everything(store)).toEqual(before);
		for (const slice of slices) slice();
		expect(woken).toBe(0);
		expect(store.kvList("").value).toBe(kept);
	});

	it("tells who keeps something about sessions only of what happened", () => {
		const { store } = newStore();
		const ended: string[] = [];
		store.observe({ sessionEnded: ({ session, keys }) => ended.push(`${session.id}: ${keys.join()}`) });
		store.txn(9, [node("delete", "n"), kv("get", "none")]);
		expect(ended).toEqual([]);
		store.txn(10, [node("delete", "n")]);
		expect(ended).toEqual(["s1: l", "s2: "]);
	});

	it.each<[string, TxnOperation, string]>([
		["get", kv("get", "none"), `key "none" doesn't exist`],
		["check-not-exists", kv("check-not-exists", "k"), `key "k" exists`],
		["check-index", kv("check-index", "none", { index: 3 }), `failed to check index, key "none" doesn't exist`],
		["check-session", kv("check-session", "none"), `failed to check session, key "none" doesn't exist`],
		[
			"check-session of another",
			kv("check-session", "l", { session: "s2" }),
			`failed session check for key "l", current session "s1" != "s2"`,
		],
		["cas", kv("cas", "k", { index: 1 }), `failed to set key "k", index is stale`],
		["delete-cas", kv("delete-cas", "k", { index: 1 }), `failed to delete key "k", index is stale`],
		["lock without a session", kv("lock", "k"), "missing session"],
		["unlock without a session", kv("unlock", "k"), "missing session"],
		["lock with an unknown session", kv("lock", "k", { session: absent }), `invalid session "${absent}"`],
		["lock of another's", kv("lock", "l", { session: "s2" }), `failed to lock key "l", lock is already held`],
		[
			"unlock of another's",
			kv("unlock", "l", { session: "s2" }),
			`failed to unlock key "l", lock isn't held, or is held by another session`,
		],
		["an unknown verb", kv("zap", "k"), `unknown KV verb "zap"`],
		["an unknown node verb", node("zap", "n"), `unknown Node verb "zap"`],
		["an unknown service verb", service("zap", "n", "s"), `unknown Service verb "zap"`],
		["an unknown check verb", check("zap", "n", "c"), `unknown Check verb "zap"`],
		["get of a node", node("get", "zz"), `node "zz" doesn't exist`],
		["cas of a node", node("cas", "n", 3), `failed to set node "n", index is stale`],
		["cas that creates a node that is there", node("cas", "n"), `failed to set node "n", index is stale`],
		["delete-cas of no node", node("delete-cas", "zz", 5), `failed to delete node "zz", index is stale`],
		["a service without its node", service("set", "zz", "s"), "Missing node registration"],
		["get of a service", service("get", "n", "s"), `service "s" on node "n" doesn't exist`],
		["cas of a service", service("cas", "n", "s", 3), `failed to set service "s" on node "n", index is stale`],
		[
			"delete-cas of a service",
			service("delete-cas", "n", "s", 3),
			`failed to delete service "s" on node "n", index is stale`,
		],
		["a check without its node", check("set", "zz", "c"), "Missing node registration"],
		["a check without its service", check("set", "n", "c", "s"), "Missing service registration"],
		[
			"a check without an id",
			check("set", "n", ""),
			"failed health check lookup: index error: object is missing a value for this index",
		],
		[
			"delete of a check without an id",
			check("delete", "n", ""),
			"check lookup failed: index error: object is missing a value for this index",
		],
		["get of a check", check("get", "n", "c"), `check "c" on node "n" doesn't exist`],
		["cas of a check", check("cas", "n", "c", "", 3), `failed to set check "c" on node "n", index is stale`],
		[
			"delete-cas of a check",
			check("delete-cas", "n", "c", "", 3),
			`failed to delete check "c" on node "n", index is stale`,
		],
	])("refuses %s in the recorded words", (_, operation, what) => {
		expect(newStore().store.txn(9, [operation]).errors).toEqual([{ operation: 0, what }]);
	});

	it.each<[string, TxnOperation]>([
		["delete of a key", kv("delete", "none")],
		["delete-cas of a missing key", kv("delete-cas", "none", { index: 4 })],
		["delete of a node", node("delete", "zz")],
		["delete of a service", service("delete", "n", "s")],
		["delete of a check", check("delete", "n", "c")],
		["delete of a session", { kind: "session", verb: "delete", id: absent }],
		["check-not-exists", kv("check-not-exists", "none")],
		["get-tree of nothing", kv("get-tree", "none")],
	])("%s of what is not there is fine and gives nothing", (_, operation) => {
		expect(newStore().store.txn(9, [operation])).toEqual({ results: [], errors: [] });
	});
});
