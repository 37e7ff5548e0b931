import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../lib/env/fake.ts";
import { createLogger } from "../../lib/log/index.ts";
import { stateMachine } from "../fsm/index.ts";
import {
	read as at,
	bytes,
	checkContent,
	registration,
	serviceContent as service,
	startServer,
	write,
} from "./testing.ts";

/** What a promise has come to, without waiting for it. */
function outcomeOf<Value>(promise: Promise<Value>) {
	const outcome: { value?: Value; error?: unknown } = {};
	promise.then(
		(value) => {
			outcome.value = value;
		},
		(error: unknown) => {
			outcome.error = error;
		},
	);
	return outcome;
}

describe("blocking queries", () => {
	const put = (key: string, value: string) => ({ operation: "set", key, value: bytes(value), flags: 0n }) as const;

	it("returns when the key changes, not when another does or when the same value is written", async () => {
		const { endpoints, clock } = await startServer();
		await endpoints.kv.write(put("a", "1"), write);
		const { index } = await endpoints.kv.get("a", at);
		const waiting = outcomeOf(endpoints.kv.get("a", { ...at, minIndex: index }));
		await endpoints.kv.write(put("b", "1"), write);
		await endpoints.kv.write(put("a", "1"), write);
		await clock.advanceAsync(100);
		expect(waiting).toEqual({});
		await endpoints.kv.write(put("a", "2"), write);
		await clock.advanceAsync(0);
		expect(waiting.value?.index).toBeGreaterThan(index);
		expect(waiting.value?.value?.value).toEqual(bytes("2"));
	});

	it("answers with what is there when the wait is over, at the earliest after maxWaitMs, at the latest a sixteenth later", async () => {
		const { endpoints, clock } = await startServer();
		await endpoints.kv.write(put("a", "1"), write);
		const waiting = outcomeOf(endpoints.kv.get("a", { ...at, minIndex: 99, maxWaitMs: 1600 }));
		await clock.advanceAsync(1599);
		expect(waiting).toEqual({});
		await clock.advanceAsync(101);
		expect(waiting.value).toMatchObject({ index: 2, knownLeader: true, lastContactMs: 0 });
	});

	it("answers at once when the index has passed already, and with index 0", async () => {
		const { endpoints } = await startServer();
		await endpoints.kv.write(put("a", "1"), write);
		expect((await endpoints.kv.get("a", { ...at, minIndex: 1 })).index).toBe(2);
		expect((await endpoints.kv.get("none", at)).value).toBeUndefined();
	});

	it("ends when the client has gone, and leaves nothing behind", async () => {
		const { endpoints, clock, store } = await startServer();
		const gone = new AbortController();
		const waiting = outcomeOf(endpoints.kv.list("p/", { ...at, minIndex: 5, signal: gone.signal }));
		await settle();
		expect(store.counts().watchedTopics).toBe(1);
		gone.abort();
		await settle();
		expect(waiting.error).toMatchObject({ code: "WAIT_ABORTED" });
		expect(store.counts().watchedTopics).toBe(0);
		await clock.advanceAsync(20_000);
	});

	it("refuses a waiter too many and takes one again when another is done", async () => {
		const { endpoints, clock } = await startServer({ waitersMax: 1 });
		const first = outcomeOf(endpoints.kv.get("a", { ...at, minIndex: 5 }));
		await expect(endpoints.kv.get("b", { ...at, minIndex: 5 })).rejects.toMatchObject({ code: "WAITERS_TOO_MANY" });
		await clock.advanceAsync(11_000);
		expect(first.value).toBeDefined();
		const again = outcomeOf(endpoints.kv.get("b", { ...at, minIndex: 5 }));
		await settle();
		expect(again).toEqual({});
	});

	it("wakes who waits when a snapshot is restored, also when the index went back", async () => {
		const { endpoints, clock, store } = await startServer();
		const empty = [...stateMachine(store).snapshot()];
		for (const value of ["1", "2", "3"]) await endpoints.kv.write(put("a", value), write);
		const { index } = await endpoints.kv.get("a", at);
		const waiting = outcomeOf(endpoints.kv.get("a", { ...at, minIndex: index }));
		await settle();
		await stateMachine(store).restore(empty);
		await clock.advanceAsync(0);
		expect(waiting.value?.value).toBeUndefined();
		expect(waiting.value?.index).toBeLessThan(index);
	});
});

describe("reads and writes", () => {
	it("knows one datacenter", async () => {
		const { endpoints } = await startServer();
		await expect(endpoints.kv.get("a", { ...at, datacenter: "dc9" })).rejects.toMatchObject({
			code: "DATACENTER_UNKNOWN",
		});
		await expect(endpoints.catalog.deregister({ node: "n" }, { ...write, datacenter: "dc9" })).rejects.toMatchObject({
			code: "DATACENTER_UNKNOWN",
		});
		expect((await endpoints.kv.get("a", { ...at, datacenter: "dc1" })).value).toBeUndefined();
	});

	it("needs a leader unless stale", async () => {
		const { endpoints } = await startServer({ start: false });
		await expect(endpoints.catalog.nodes(at)).rejects.toMatchObject({ code: "NO_LEADER" });
		expect((await endpoints.catalog.nodes({ ...at, consistency: "stale" })).value).toEqual([]);
	});

	it("reads a service at once only where a read would have no reason to wait or to fail", async () => {
		const { endpoints, log } = await startServer();
		await endpoints.catalog.register(registration("n1", { service: service("web", { tags: ["Blue"] }) }), write);
		const now = endpoints.health.serviceNow;
		const tagged = { ...at, tags: ["blue"] };
		expect(now?.("web", tagged)).toEqual(await endpoints.health.service("web", tagged));
		expect(now?.("web", tagged)?.value).toHaveLength(1);
		expect(now?.("web", { ...at, datacenter: "dc9" })).toBeUndefined();
		expect(now?.("web", { ...at, consistency: "consistent" })).toBeUndefined();
		await log.close();
		expect(log.state().knownLeader).toBe(false);
		expect(now?.("web", at)).toBeUndefined();
		expect(now?.("web", { ...at, consistency: "stale" })?.value).toHaveLength(1);
	});

	it("says that updates of coordinates are lost without a leader", async () => {
		const lines: string[] = [];
		const clock = new FakeClock();
		const logger = createLogger({ level: "warn", clock, write: (line) => void lines.push(line) });
		const { endpoints } = await startServer({ start: false, clock, logger });
		const coordinate = { vec: Array(8).fill(0), error: 1, adjustment: 0, height: 0 };
		await endpoints.coordinate.update({ node: "n", segment: "", coordinate }, write);
		await clock.advanceAsync(1_000);
		expect(lines.join("")).toContain("updates of coordinates are lost: count=1");
	});

	it("tells what the state machine refused", async () => {
		const { endpoints } = await startServer();
		const lock = { operation: "lock", key: "k", value: bytes(""), flags: 0n, session: "none" } as const;
		await expect(endpoints.kv.write(lock, write)).rejects.toMatchObject({ code: "SESSION_UNKNOWN" });
	});

	it("selects instances by tags, node meta and checks, and gives the same object while nothing changes", async () => {
		const { endpoints } = await startServer();
		const check = checkContent("c", { serviceId: "web", status: "warning" });
		await endpoints.catalog.register(
			registration("a", { service: service("web", { tags: ["Red", "v1"] }), meta: { zone: "1" } }),
			write,
		);
		await endpoints.catalog.register(registration("b", { service: service("web"), checks: [check] }), write);
		const nodes = async (criteria: object) =>
			(await endpoints.health.service("web", { ...at, ...criteria })).value.map(({ node }) => node.node);
		expect(await nodes({})).toEqual(["a", "b"]);
		expect(await nodes({ tags: ["red", "V1"] })).toEqual(["a"]);
		expect(await nodes({ tags: ["red", "blue"] })).toEqual([]);
		expect(await nodes({ passing: true })).toEqual(["a"]);
		expect(await nodes({ nodeMeta: { zone: "1" } })).toEqual(["a"]);
		const question = { ...at, passing: true } as const;
		const first = await endpoints.health.service("web", question);
		expect((await endpoints.health.service("web", question)).value).toBe(first.value);
		await endpoints.catalog.register(registration("c", { service: service("other") }), write);
		expect((await endpoints.health.service("web", question)).value).toBe(first.value);
	});
});

describe("sessions", () => {
	const wanted = { name: "", node: "a", behavior: "", lockDelayMs: 0, ttl: "", nodeChecks: [], serviceChecks: [] };

	async function serverWithSession(fields: object = {}) {
		const parts = await startServer();
		await parts.endpoints.catalog.register(registration("a"), write);
		const sessions = parts.endpoints.session;
		if (sessions === undefined) throw new Error("no sessions");
		const id = await sessions.create({ ...wanted, ...fields }, write);
		const lock = (session: string) =>
			parts.endpoints.kv.write({ operation: "lock", key: "l", value: bytes(""), flags: 0n, session }, write);
		const alive = async () => (await sessions.get(id, at)).value !== undefined;
		return { ...parts, sessions, id, lock, alive };
	}

	it("ends after twice its TTL unless it is renewed", async () => {
		const { sessions, id, clock, alive } = await serverWithSession({ ttl: "10s" });
		await clock.advanceAsync(19_000);
		expect((await sessions.renew(id, write))?.id).toBe(id);
		await clock.advanceAsync(19_000);
		expect(await alive()).toBe(true);
		await clock.advanceAsync(1_100);
		expect(await alive()).toBe(false);
		expect(await sessions.renew(id, write)).toBeUndefined();
	});

	it("frees its keys, which can be locked again after its lock-delay", async () => {
		const { sessions, id, lock, clock, endpoints } = await serverWithSession({ lockDelayMs: 2_000 });
		const other = await sessions.create(wanted, write);
		expect(await lock(id)).toBe(true);
		expect(await lock(other)).toBe(false);
		await sessions.destroy(id, write);
		expect((await endpoints.kv.get("l", at)).value?.session).toBeUndefined();
		expect(await lock(other)).toBe(false);
		await clock.advanceAsync(2_001);
		expect(await lock(other)).toBe(true);
	});

	it("has no lock-delay after a plain release", async () => {
		const { sessions, id, lock, endpoints } = await serverWithSession({ lockDelayMs: 2_000 });
		const other = await sessions.create(wanted, write);
		await lock(id);
		await endpoints.kv.write({ operation: "unlock", key: "l", value: bytes(""), flags: 0n, session: id }, write);
		await sessions.destroy(id, write);
		expect(await lock(other)).toBe(true);
	});

	it("has at least the TTL that the servers were given as the shortest", async () => {
		const { endpoints } = await startServer({ sessionTtlMinMs: 90_000 });
		await endpoints.catalog.register(registration("n"), write);
		const create = (ttl: string) => endpoints.session.create({ ...wanted, node: "n", ttl }, write);
		await expect(create("89s")).rejects.toThrow("Invalid Session TTL '89s', must be between [1m30s=24h0m0s]");
		await expect(create("90s")).resolves.toMatch(/-/);
	});

	it.each([
		[{ ttl: "1s" }, "must be between [10s=24h0m0s]"],
		[{ ttl: "soon" }, "'soon' invalid"],
		[{ behavior: "explode" }, "Invalid Behavior setting 'explode'"],
		[{ node: "none" }, "Missing node registration"],
		[{ nodeChecks: ["none"] }, "Missing check 'none' registration"],
		[{ nodeChecks: undefined }, "Missing check 'serfHealth' registration"],
	])("refuses %j", async (fields, message) => {
		await expect(serverWithSession(fields)).rejects.toThrow(message);
	});
});
