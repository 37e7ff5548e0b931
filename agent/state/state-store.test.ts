import { describe, expect, it } from "vitest";
import { type KvWrite, StateStore, WatchSet } from "./index.ts";
import { checkContent as check, registration, serviceContent as service } from "./testing.ts";

function newStore() {
	const slices: (() => void)[] = [];
	const store = new StateStore({ wakeSlices: (slice) => slices.push(slice) });
	const runSlices = () => {
		for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) slice();
	};
	return { store, slices, runSlices };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const set = (key: string, value = "v"): KvWrite => ({ operation: "set", key, value: bytes(value), flags: 0n });

describe("keys", () => {
	it("are listed in byte order of UTF-8", () => {
		const { store } = newStore();
		const keys = ["a/\u{1f600}", "a/\uffee", "a/\u00e9", "a/z", "a/Z", "a/"];
		keys.forEach((key, at) => {
			store.kvWrite(at + 1, set(key));
		});
		const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
		expect(store.kvKeys("a/", "").value).toEqual(byBytes);
		expect(store.kvList("a/").value.map(({ key }) => key)).toEqual(byBytes);
	});

	it("have the index of their last change, a missing one that of the table, never 0", () => {
		const { store } = newStore();
		expect(store.kvGet("a")).toEqual({ index: 1, value: undefined });
		store.kvWrite(5, set("a"));
		store.kvWrite(6, set("b"));
		expect(store.kvGet("a").index).toBe(5);
		expect(store.kvGet("missing").index).toBe(6);
		store.kvWrite(7, { operation: "delete", key: "b" });
		expect(store.kvGet("missing").index).toBe(7);
	});

	it("do not change when the same is written again", () => {
		const { store } = newStore();
		store.kvWrite(5, set("a"));
		const before = store.kvList("");
		store.kvWrite(6, set("a"));
		expect(store.kvList("")).toEqual(before);
		expect(store.kvList("").value).toBe(before.value);
		store.kvWrite(7, { operation: "set", key: "a", value: bytes("v"), flags: 1n });
		expect(store.kvGet("a").value).toMatchObject({ createIndex: 5, modifyIndex: 7, flags: 1n });
	});

	it.each([
		{ index: 0, existing: false, answer: true },
		{ index: 3, existing: false, answer: false },
		{ index: 0, existing: true, answer: false },
		{ index: 5, existing: true, answer: true },
		{ index: 4, existing: true, answer: false },
	])("cas $index, key exists: $existing -> $answer", ({ index, existing, answer }) => {
		const { store } = newStore();
		if (existing) store.kvWrite(5, set("a"));
		expect(store.kvWrite(6, { operation: "cas", key: "a", value: bytes("new"), flags: 0n, index })).toBe(answer);
		expect(store.kvGet("a").value?.modifyIndex).toBe(answer ? 6 : existing ? 5 : undefined);
	});

	it("delete-cas is true for a missing key, false for another index", () => {
		const { store } = newStore();
		expect(store.kvWrite(1, { operation: "delete-cas", key: "a", index: 7 })).toBe(true);
		store.kvWrite(2, set("a"));
		expect(store.kvWrite(3, { operation: "delete-cas", key: "a", index: 7 })).toBe(false);
		expect(store.kvWrite(4, { operation: "delete-cas", key: "a", index: 2 })).toBe(true);
		expect(store.kvGet("a").value).toBeUndefined();
	});

	it("prefix index moves on deletes below it and on nothing else", () => {
		const { store } = newStore();
		store.kvWrite(1, set("a/1"));
		store.kvWrite(2, set("a/2"));
		store.kvWrite(3, set("b"));
		expect(store.kvList("a/").index).toBe(2);
		store.kvWrite(4, { operation: "delete", key: "a/1" });
		store.kvWrite(5, set("b", "other"));
		expect(store.kvList("a/").index).toBe(4);
		store.kvWrite(6, { operation: "delete-tree", prefix: "a" });
		store.kvWrite(7, set("b", "third"));
		expect(store.kvList("a/")).toEqual({ index: 6, value: [] });
		expect(store.kvList("nothing/").index).toBe(7);
	});

	it("are cut after the separator, once each", () => {
		const { store } = newStore();
		["a/b/1", "a/b/2", "a/c", "a/d/", "b"].forEach((key, at) => {
			store.kvWrite(at + 1, set(key));
		});
		expect(store.kvKeys("", "/").value).toEqual(["a/", "b"]);
		expect(store.kvKeys("a/", "/").value).toEqual(["a/b/", "a/c", "a/d/"]);
		expect(store.kvKeys("a", "").value).toEqual(["a/b/1", "a/b/2", "a/c", "a/d/"]);
	});
});

describe("locks", () => {
	const lock = (session: string, operation: "lock" | "unlock" = "lock"): KvWrite => ({
		operation,
		key: "k",
		value: bytes("v"),
		flags: 0n,
		session,
	});
	function withSessions(behavior: "release" | "delete" = "release") {
		const { store } = newStore();
		store.register(1, registration("n"));
		for (const id of ["s1", "s2"])
			store.sessionCreate(2, {
				id,
				name: "",
				node: "n",
				behavior,
				lockDelayMs: 15_000,
				ttl: "",
				nodeChecks: [],
				serviceChecks: [],
			});
		return store;
	}

	it("are taken when free or already one's own; LockIndex counts acquisitions", () => {
		const store = withSessions();
		expect(store.kvWrite(3, lock("s1"))).toBe(true);
		expect(store.kvWrite(4, lock("s2"))).toBe(false);
		expect(store.kvWrite(5, lock("s1"))).toBe(true);
		expect(store.kvGet("k").value).toMatchObject({ session: "s1", lockIndex: 1, modifyIndex: 3 });
		expect(store.kvWrite(6, lock("s2", "unlock"))).toBe(false);
		expect(store.kvWrite(7, lock("s1", "unlock"))).toBe(true);
		expect(store.kvGet("k").value).toMatchObject({ lockIndex: 1, modifyIndex: 7 });
		expect(store.kvGet("k").value).not.toHaveProperty("session");
		expect(store.kvWrite(8, lock("s2"))).toBe(true);
		expect(store.kvGet("k").value).toMatchObject({ session: "s2", lockIndex: 2 });
	});

	it("a plain write keeps the session and sets LockIndex to 0", () => {
		const store = withSessions();
		store.kvWrite(3, lock("s1"));
		store.kvWrite(4, set("k"));
		expect(store.kvGet("k").value).toMatchObject({ session: "s1", lockIndex: 0, modifyIndex: 4 });
	});

	it("need a session", () => {
		const store = withSessions();
		expect(() => store.kvWrite(3, lock("nobody"))).toThrow(expect.objectContaining({ code: "SESSION_UNKNOWN" }));
	});

	it.each(["release", "delete"] as const)("session with behavior %s ends", (behavior) => {
		const store = withSessions(behavior);
		store.kvWrite(3, lock("s1"));
		store.sessionDestroy(4, "s1");
		const record = store.kvGet("k").value;
		if (behavior === "delete") expect(record).toBeUndefined();
		else expect(record).toMatchObject({ lockIndex: 1, modifyIndex: 4 });
		expect(record?.session).toBeUndefined();
	});

	it("end with the session's node", () => {
		const store = withSessions();
		store.kvWrite(3, lock("s1"));
		store.deregister(4, { node: "N" });
		expect(store.sessions().value).toEqual([]);
		expect(store.kvGet("k").value).toMatchObject({ modifyIndex: 4 });
	});
});

describe("catalog", () => {
	it("finds checks by a service's name that are no instance's, and wakes who waits for them", () => {
		const { store, runSlices } = newStore();
		const named = (status: "passing" | "critical") => check("named", { serviceName: "Ghost", status });
		const woken = (write: () => void) => {
			const watchSet = new WatchSet();
			store.serviceChecks("ghost", watchSet);
			let isWoken = false;
			const end = watchSet.wait(() => (isWoken = true));
			write();
			runSlices();
			end();
			return isWoken;
		};
		expect(woken(() => store.register(1, registration("n", { checks: [named("passing")] })))).toBe(true);
		expect(store.serviceChecks("ghost")).toMatchObject({ index: 1, value: [{ checkId: "named", node: "n" }] });
		expect(woken(() => store.register(2, registration("n", { checks: [named("critical")] })))).toBe(true);
		expect(woken(() => store.register(3, registration("n", { checks: [check("other")] })))).toBe(false);
		expect(woken(() => store.deregister(4, { node: "n", checkId: "named" }))).toBe(true);
		expect(store.serviceChecks("ghost")).toEqual({ index: 4, value: [] });
		expect(store.services().value.size).toBe(0);
	});

	it("does not take how a check is made for a change of it", () => {
		const { store } = newStore();
		store.register(1, registration("n", { checks: [check("c", { type: "http", interval: "1s" })] }));
		const made = { type: "tcp", interval: "9s", timeout: "2s", exposedPort: 80 };
		store.register(2, registration("n", { checks: [check("c", made)] }));
		expect(store.nodeChecks("n")).toMatchObject({ index: 1, value: [{ type: "http", modifyIndex: 1 }] });
		store.register(3, registration("n", { checks: [check("c", { ...made, notes: "new" })] }));
		expect(store.nodeChecks("n")).toMatchObject({ index: 3, value: [{ ...made, modifyIndex: 3 }] });
	});

	it("gives instances with the node's checks, then their own", () => {
		const { store } = newStore();
		const web = service("web", { id: "web1", tags: ["a"] });
		store.register(1, registration("n", { service: web, checks: [check("zz"), check("aa", { serviceId: "web1" })] }));
		const { index, value } = store.serviceInstances("WEB");
		expect(index).toBe(1);
		expect(value.map(({ node, service, checks }) => [node.node, service.id, checks.map((c) => c.checkId)])).toEqual([
			["n", "web1", ["zz", "aa"]],
		]);
		expect(value[0]?.checks[1]).toMatchObject({ serviceName: "web", serviceTags: ["a"] });
		expect(store.serviceChecks("web").value.map((c) => c.checkId)).toEqual(["aa"]);
		expect(store.nodeChecks("N").value.map((c) => c.checkId)).toEqual(["aa", "zz"]);
		expect([...store.services().value]).toEqual([["web", ["a"]]]);
		expect(store.serviceInstances("web").value).toBe(value);
		expect(Object.isFrozen(value[0]?.service.weights)).toBe(true);
	});

	it("changes nothing when the same is registered again", () => {
		const { store } = newStore();
		const same = () => registration("n", { service: service("web"), checks: [check("c", { serviceId: "web" })] });
		store.register(1, same());
		const before = { nodes: store.nodes(), services: store.services(), state: store.checksInState("any") };
		store.register(2, same());
		expect({ nodes: store.nodes(), services: store.services(), state: store.checksInState("any") }).toEqual(before);
		expect(store.serviceInstances("web").index).toBe(1);
	});

	it("has an index per service; one without instances has that of the last disappearance", () => {
		const { store } = newStore();
		expect(store.serviceInstances("web").index).toBe(1);
		store.register(2, registration("n", { service: service("web") }));
		store.register(3, registration("m", { service: service("db") }));
		expect(store.serviceInstances("web").index).toBe(2);
		expect(store.serviceInstances("none").index).toBe(3);
		store.register(4, registration("n", { checks: [check("node-check")] }));
		expect(store.serviceInstances("web").index).toBe(4);
		expect(store.serviceInstances("db").index).toBe(3);
		store.deregister(5, { node: "n", serviceId: "web" });
		store.register(6, registration("m", { address: "10.0.0.2" }));
		expect(store.serviceInstances("web")).toEqual({ index: 5, value: [] });
		expect(store.serviceInstances("db").index).toBe(6);
	});

	it("removes checks with their service and everything with the node", () => {
		const { store } = newStore();
		const checks = [check("c", { serviceId: "web" }), check("n")];
		store.register(1, registration("n", { service: service("web"), checks }));
		store.deregister(2, { node: "n", serviceId: "web" });
		expect(store.nodeChecks("n").value.map((c) => c.checkId)).toEqual(["n"]);
		store.deregister(3, { node: "n" });
		expect(store.nodes()).toEqual({ index: 3, value: [] });
		expect(store.checksInState("any")).toEqual({ index: 3, value: [] });
		expect(store.nodeServices("n").value).toBeUndefined();
	});

	it("renames a node by its id, services included", () => {
		const { store } = newStore();
		store.register(1, registration("a", { id: "id-1", service: service("web"), checks: [check("c")] }));
		store.register(2, registration("b", { id: "id-1" }));
		expect(store.nodes().value.map((n) => [n.node, n.createIndex])).toEqual([["b", 1]]);
		expect(store.serviceInstances("web").value.map((i) => [i.node.node, i.checks.length])).toEqual([["b", 1]]);
		expect(store.nodeChecks("a").value).toEqual([]);
	});

	it("refuses a living node's name, and a check of an unknown service, changing nothing", () => {
		const { store } = newStore();
		store.register(1, registration("a", { id: "id-1", checks: [check("serfHealth")] }));
		expect(() => store.register(2, registration("A", { id: "id-2" }))).toThrow(
			expect.objectContaining({ code: "NODE_NAME_TAKEN" }),
		);
		const unknown = registration("new", { checks: [check("c", { serviceId: "nope" })] });
		expect(() => store.register(3, unknown)).toThrow("Unknown service ID 'nope' for check ID 'c'");
		expect(store.nodes().index).toBe(1);
		store.register(4, registration("a", { id: "id-1", checks: [check("serfHealth", { status: "critical" })] }));
		store.register(5, registration("a", { id: "id-2" }));
		expect(store.nodeById("id-1")).toBeUndefined();
		expect(store.nodeById("id-2")?.node).toBe("a");
	});

	it("moves an id, with its checks, to another service name", () => {
		const { store } = newStore();
		const checks = [check("c", { serviceId: "x" })];
		store.register(1, registration("n", { service: service("one", { id: "x" }), checks }));
		store.register(2, registration("n", { service: service("two", { id: "x" }) }));
		expect(store.serviceInstances("one")).toEqual({ index: 2, value: [] });
		expect(store.serviceChecks("two").value.map((c) => c.serviceName)).toEqual(["two"]);
	});

	it("finds instances by their own address, else by the node's; filters by node meta", () => {
		const { store } = newStore();
		store.register(1, registration("n", { meta: { rack: "1" }, service: service("own", { address: "10.9.9.9" }) }));
		store.register(2, registration("n", { skipNodeUpdate: true, service: service("plain") }));
		expect(store.instancesByAddress("10.9.9.9").value.map((i) => i.service.id)).toEqual(["own"]);
		expect(store.instancesByAddress("10.0.0.1").value.map((i) => i.service.id)).toEqual(["plain"]);
		expect([...store.services(undefined, { rack: "2" }).value]).toEqual([]);
		expect([...store.services(undefined, { rack: "1" }).value.keys()]).toEqual(["own", "plain"]);
	});
});

describe("watches", () => {
	function watched(read: (watchSet: WatchSet) => void) {
		const watchSet = new WatchSet();
		read(watchSet);
		let woken = 0;
		const stop = watchSet.wait(() => woken++);
		return { stop, woken: () => woken };
	}

	it.each([
		{ name: "key", read: (s: StateStore, w: WatchSet) => s.kvGet("a/b", w), wakes: "a/b", not: "a/bc" },
		{ name: "prefix", read: (s: StateStore, w: WatchSet) => s.kvList("a/b", w), wakes: "a/bc", not: "a/c" },
		{ name: "root", read: (s: StateStore, w: WatchSet) => s.kvKeys("", "/", w), wakes: "x", not: undefined },
	])("$name", ({ read, wakes, not }) => {
		const { store, runSlices } = newStore();
		const waiter = watched((watchSet) => read(store, watchSet));
		if (not !== undefined) store.kvWrite(1, set(not));
		runSlices();
		expect(waiter.woken()).toBe(0);
		store.kvWrite(2, set(wakes));
		expect(waiter.woken()).toBe(0);
		runSlices();
		store.kvWrite(3, set(wakes, "again"));
		runSlices();
		expect(waiter.woken()).toBe(1);
	});

	it("nothing is called after a wait was ended, and nothing stays behind", () => {
		const { store, runSlices } = newStore();
		const waiter = watched((watchSet) => {
			store.kvList("a", watchSet);
			store.serviceInstances("web", watchSet);
		});
		store.kvWrite(1, set("a"));
		waiter.stop();
		waiter.stop();
		runSlices();
		expect(waiter.woken()).toBe(0);
		expect(store.counts().watchedTopics).toBe(0);
	});

	it("a change between read and wait is not missed", () => {
		const { store, runSlices } = newStore();
		const watchSet = new WatchSet();
		store.kvGet("a", watchSet);
		store.kvWrite(1, set("a"));
		let woken = 0;
		watchSet.wait(() => woken++);
		runSlices();
		expect(woken).toBe(1);
	});

	it("wakes 10,000 waiters in slices, after the write", () => {
		const { store, slices } = newStore();
		let woken = 0;
		for (let waiter = 0; waiter < 10_000; waiter++) {
			const watchSet = new WatchSet();
			store.serviceInstances("web", watchSet);
			watchSet.wait(() => woken++);
		}
		store.register(1, registration("n", { service: service("web") }));
		expect(woken).toBe(0);
		const perSlice: number[] = [];
		for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) {
			const before = woken;
			slice();
			perSlice.push(woken - before);
		}
		expect(woken).toBe(10_000);
		expect(Math.max(...perSlice)).toBeLessThanOrEqual(256);
		expect(store.counts().watchedTopics).toBe(0);
	});

	it("a restored snapshot wakes everybody", () => {
		const { store, runSlices } = newStore();
		const waiter = watched((watchSet) => store.node("x", watchSet));
		const restore = store.restore();
		for (const record of newStore().store.snapshot().records) restore.add(record);
		restore.finish();
		runSlices();
		expect(waiter.woken()).toBe(1);
	});
});

describe("snapshots", () => {
	it("keep what was there and restore to the same", () => {
		const { store } = newStore();
		store.register(
			1,
			registration("n", { id: "id", service: service("web"), checks: [check("c", { serviceId: "web" })] }),
		);
		for (let at = 0; at < 300; at++) store.kvWrite(2 + at, set(`k/${at % 100}`, `${at}`));
		store.kvWrite(400, { operation: "delete", key: "k/5" });
		const snapshot = store.snapshot();
		const expected = {
			list: store.kvList("k/"),
			web: store.serviceInstances("web"),
			gone: store.serviceInstances("no"),
		};
		store.kvWrite(500, { operation: "delete-tree", prefix: "" });
		store.deregister(501, { node: "n" });
		const other = newStore().store;
		const restore = other.restore();
		for (const record of snapshot.records) restore.add(record);
		restore.finish();
		expect({
			list: other.kvList("k/"),
			web: other.serviceInstances("web"),
			gone: other.serviceInstances("no"),
		}).toEqual(expected);
	});
});
