import { describe, expect, it } from "vitest";
import { FakeClock, FakeNetwork } from "../../../lib/env/fake.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { nodeClock, nodeNetwork } from "../../../lib/node/index.ts";
import type { Endpoints } from "../endpoints.ts";
import { bytes, read, registration, startServer, write } from "../testing.ts";
import { createRememberedAnswers } from "./remembered-answers.ts";
import { clientOf, during, serve, serverAddress, serverHost, startPair } from "./testing.ts";

const set = (key: string, value = "") => ({ operation: "set", key, value: bytes(value), flags: 0n }) as const;
const noLeader = { code: "NO_LEADER" };

/** Collects what becomes of a promise that must not settle yet. */
function watch<Value>(promise: Promise<Value>) {
	const seen: { outcome?: Value | Error } = {};
	promise.then(
		(value) => {
			seen.outcome = value;
		},
		(error: Error) => {
			seen.outcome = error;
		},
	);
	return seen;
}

describe("blocking queries over RPC", () => {
	it("wake with the write", async () => {
		const { client, endpoints, clock, during: settle } = await startPair();
		await settle(endpoints.kv.write(set("a", "1"), write));
		const { index } = await settle(client.kv.get("a", read));
		const seen = watch(client.kv.get("a", { ...read, minIndex: index, maxWaitMs: 60_000 }));
		await clock.advanceAsync(30_000);
		expect(seen.outcome).toBeUndefined();
		await settle(endpoints.kv.write(set("a", "2"), write));
		await clock.advanceAsync(5);
		expect(seen.outcome).toMatchObject({ index: index + 1, value: { value: bytes("2") } });
	});

	it("answer when their time is over, also beyond the time of a call without a wait", async () => {
		const { client, endpoints, clock, during: settle } = await startPair();
		await settle(endpoints.kv.write(set("a", "1"), write));
		const seen = watch(client.kv.get("a", { ...read, minIndex: 1_000, maxWaitMs: 300_000 }));
		await clock.advanceAsync(299_000);
		expect(seen.outcome).toBeUndefined();
		await clock.advanceAsync(21_000);
		expect(seen.outcome).toMatchObject({ value: { value: bytes("1") } });
	});

	it("that are given up end at the server, too; a thousand have no timer each", async () => {
		const waits: (() => void)[] = [];
		const base = await startServer();
		const endpoints: Endpoints = {
			...base.endpoints,
			kv: {
				...base.endpoints.kv,
				get: (key, options) => {
					options.signal?.addEventListener("abort", () => waits.pop(), { once: true });
					waits.push(() => undefined);
					return base.endpoints.kv.get(key, options);
				},
			},
		};
		const { clock } = base;
		const network = new FakeNetwork({ clock });
		await serve(endpoints, { network: network.host(serverHost), clock, host: serverHost, port: 8300 });
		const client = clientOf({ network: network.host("10.0.0.2"), clock, servers: [serverAddress] });
		const ends = Array.from({ length: 1_000 }, () => new AbortController());
		const asked = ends.map(({ signal }) =>
			client.kv.get("a", { ...read, minIndex: 1_000, maxWaitMs: 300_000, signal }).catch((error: Error) => error),
		);
		for (let tries = 0; tries < 100 && waits.length < ends.length; tries++) await clock.advanceAsync(1);
		expect(waits).toHaveLength(1_000);
		expect(clock.pendingCount).toBeLessThan(100);
		for (const end of ends) end.abort();
		const outcomes = await during(clock, Promise.all(asked));
		expect(new Set(outcomes.map((each) => (each as { code?: string }).code))).toEqual(new Set(["WAIT_ABORTED"]));
		await clock.advanceAsync(5);
		expect(waits).toHaveLength(0);
	});
});

describe("a client", () => {
	it("without a server says so at once", async () => {
		const clock = new FakeClock();
		const client = clientOf({ network: new FakeNetwork({ clock }).host("10.0.0.2"), clock, servers: [] });
		await expect(client.kv.get("a", read)).rejects.toMatchObject({ code: "SERVERS_UNKNOWN" });
	});

	it("goes to the next server when one cannot be reached, and stays there", async () => {
		const { clock, network, endpoints, clientNetwork } = await startPair();
		const asked: string[] = [];
		const counted = (to: string): Endpoints => ({
			...endpoints,
			status: {
				...endpoints.status,
				leader: async () => {
					asked.push(to);
					return to;
				},
			},
		});
		for (const host of ["10.0.0.3", "10.0.0.4"])
			await serve(counted(host), { network: network.host(host), clock, host, port: 8300 });
		const client = clientOf({ network: clientNetwork, clock, servers: ["10.0.0.3:8300", "10.0.0.4:8300"] });
		const first = await during(clock, client.status.leader());
		network.crash(first);
		const second = await during(clock, client.status.leader(), { limitMs: 10_000 });
		expect(second).not.toBe(first);
		await during(clock, client.status.leader());
		expect(asked).toEqual([first, second, second]);
	});

	it("goes to the next server when one knows no leader: it may be cut off from those that have one", async () => {
		const { clock, network, endpoints, clientNetwork } = await startPair();
		let cutOff: string | undefined;
		const hosts = ["10.0.0.3", "10.0.0.4"];
		for (const host of hosts) {
			const get: Endpoints["kv"]["get"] = async (key, options) => {
				if (host === cutOff) throw new DiscoError("NO_LEADER", "No cluster leader");
				return endpoints.kv.get(key, options);
			};
			const leader = async () => (host === cutOff ? "" : host);
			const own = { ...endpoints, kv: { ...endpoints.kv, get }, status: { ...endpoints.status, leader } };
			await serve(own, { network: network.host(host), clock, host, port: 8300 });
		}
		const client = clientOf({ network: clientNetwork, clock, servers: hosts.map((host) => `${host}:8300`) });
		cutOff = await during(clock, client.status.leader());
		expect(await during(clock, client.kv.get("a", read), { limitMs: 10_000 })).toMatchObject({ knownLeader: true });
		expect(hosts.filter((host) => host !== cutOff)).toContain(await during(clock, client.status.leader()));
	});

	it("spreads anew from time to time over the servers that answer", async () => {
		const { clock, network, endpoints, clientNetwork } = await startPair();
		const servers: string[] = [];
		const client = clientOf({ network: clientNetwork, clock, servers });
		for (const host of ["10.0.0.3", "10.0.0.4", "10.0.0.5"]) {
			const named = { ...endpoints, status: { ...endpoints.status, leader: async () => host } };
			await serve(named, { network: network.host(host), clock, host, port: 8300 });
			servers.push(`${host}:8300`);
		}
		const seen = new Set<string>();
		for (let round = 0; round < 20; round++) {
			seen.add(await during(clock, client.status.leader()));
			await clock.advanceAsync(181_000);
		}
		expect(seen).toEqual(new Set(["10.0.0.3", "10.0.0.4", "10.0.0.5"]));
	});

	it("waits for a leader for seven seconds, in reads and writes", async () => {
		const view = { leads: false };
		const leadership = { leads: () => view.leads, observe: () => undefined };
		const { client, endpoints, clock, during: settle } = await startPair({ leadership });
		const failed = watch(client.kv.get("a", read));
		await clock.advanceAsync(6_500);
		expect(failed.outcome).toBeUndefined();
		await clock.advanceAsync(1_500);
		expect(failed.outcome).toMatchObject(noLeader);
		const operation = {
			kind: "kv",
			verb: "set",
			key: "a",
			value: bytes("1"),
			flags: 0n,
			index: 0,
			session: "",
		} as const;
		const written = watch(client.txn.run([operation], read));
		await clock.advanceAsync(2_000);
		expect(written.outcome).toBeUndefined();
		view.leads = true;
		await clock.advanceAsync(500);
		expect(written.outcome).toMatchObject({ errors: [] });
		expect((await settle(endpoints.kv.get("a", read))).value?.value).toEqual(bytes("1"));
	});

	it("repeats a read whose connection broke, but never a write that may have been done", async () => {
		const { clock, network, endpoints, client } = await startPair();
		let calls = 0;
		const breaking: Endpoints = {
			...endpoints,
			kv: {
				...endpoints.kv,
				get: async (key, options) => {
					if (calls++ === 0) network.crash("10.0.0.3");
					return endpoints.kv.get(key, options);
				},
				write: async () => {
					calls++;
					network.crash("10.0.0.3");
					return true;
				},
			},
		};
		await serve(breaking, { network: network.host("10.0.0.3"), clock, host: "10.0.0.3", port: 8300 });
		const servers = ["10.0.0.3:8300", serverAddress];
		const other = clientOf({ network: network.host("10.0.0.9"), clock, servers });
		await during(clock, other.kv.get("a", read), { limitMs: 10_000 });
		await during(clock, client.status.leader());
		calls = 0;
		await serve(breaking, { network: network.host("10.0.0.3"), clock, host: "10.0.0.3", port: 8300 });
		const writer = clientOf({ network: network.host("10.0.0.8"), clock, servers: ["10.0.0.3:8300"] });
		await expect(during(clock, writer.kv.write(set("a"), write), { limitMs: 10_000 })).rejects.toMatchObject({
			code: "CONNECTION_LOST",
		});
		expect(calls).toBe(1);
	});
});

/** A leader and a follower (whose state is one of its own, to tell who has answered). */
async function followerWorld() {
	const leader = await startPair();
	const { clock, network } = leader;
	const view = { leads: false };
	const own = await startServer({ clock, leadership: { leads: () => view.leads, observe: () => undefined } });
	const routed = clientOf(
		{ network: network.host("10.0.0.6"), clock, servers: [serverAddress] },
		{ own: own.endpoints, leads: () => view.leads, leaderAddress: () => serverAddress },
	);
	return { leader, clock, own, routed, view };
}

describe("a follower", () => {
	it("answers stale reads itself and brings everything else to the leader", async () => {
		const { leader, clock, own, routed } = await followerWorld();
		await during(clock, routed.kv.write(set("a", "leader's"), write));
		expect(own.store.kvGet("a").value).toBeUndefined();
		expect(leader.store.kvGet("a").value).toBeDefined();
		const heldBy = async (consistency: "default" | "consistent" | "stale") =>
			(await during(clock, routed.kv.get("a", { ...read, consistency }))).value?.value;
		expect(await heldBy("default")).toEqual(bytes("leader's"));
		expect(await heldBy("consistent")).toEqual(bytes("leader's"));
		expect(await heldBy("stale")).toBeUndefined();
		await during(clock, routed.catalog.register(registration("n1"), write));
		const id = await during(
			clock,
			routed.session.create(
				{ name: "", node: "n1", behavior: "", lockDelayMs: 0, ttl: "10s", nodeChecks: [], serviceChecks: [] },
				write,
			),
		);
		expect(await during(clock, routed.session.renew(id, write))).toMatchObject({ id });
		const outcome = await during(
			clock,
			routed.txn.run([{ kind: "kv", verb: "set", key: "t", value: bytes("x"), flags: 0n, index: 0, session: "" }], {
				...read,
				consistency: "stale",
			}),
		);
		expect(outcome.errors).toEqual([]);
		expect(leader.store.kvGet("t").value).toBeDefined();
	});

	it("that was elected meanwhile answers itself", async () => {
		const { clock, own, routed, view } = await followerWorld();
		view.leads = true;
		await during(clock, routed.kv.write(set("a"), write));
		expect(own.store.kvGet("a").value).toBeDefined();
	});

	it("asks the leader when it is further behind than the question allows", async () => {
		const { leader, clock, own } = await followerWorld();
		await during(clock, leader.endpoints.kv.write(set("a", "new"), write));
		const behind: Endpoints = {
			...own.endpoints,
			kv: {
				...own.endpoints.kv,
				get: async () => ({ value: undefined, index: 1, knownLeader: true, lastContactMs: 900 }),
			},
		};
		const routed = clientOf(
			{ network: leader.network.host("10.0.0.7"), clock, servers: [] },
			{ own: behind, leaderAddress: () => serverAddress },
		);
		const ask = async (maxStaleMs: number) =>
			(await during(clock, routed.kv.get("a", { ...read, consistency: "stale", maxStaleMs }))).value;
		expect(await ask(1_000)).toBeUndefined();
		expect(await ask(500)).toBeDefined();
	});
});

describe("on a real network", () => {
	it("large answers, snapshots and their restoration, errors of both", async () => {
		const { endpoints } = await startServer({ clock: nodeClock });
		const parts = { network: nodeNetwork, clock: nodeClock };
		const listener = await serve(endpoints, { ...parts, host: "127.0.0.1", port: 0 });
		const client = clientOf({ ...parts, servers: [`127.0.0.1:${listener.local.port}`] });
		for (let at = 0; at < 20; at++) await client.kv.write(set(`large/${at}`, "x".repeat(300_000)), write);
		const { value } = await client.kv.list("large/", read);
		expect(value.map((each) => each.value.length)).toEqual(Array.from({ length: 20 }, () => 300_000));
		// Ten years, the default of DNS: more nanoseconds than a number counts.
		const old = { ...read, consistency: "stale", maxStaleMs: 315_360_000_000 } as const;
		expect((await client.kv.get("large/1", old)).value?.value.length).toBe(300_000);

		const pieces: Uint8Array[] = [];
		const { archive, index } = await client.snapshot.save(read);
		for await (const piece of archive) pieces.push(piece.slice());
		expect(index).toBe((await endpoints.kv.get("large/19", read)).index);
		await client.kv.write({ operation: "delete-tree", prefix: "" }, write);
		async function* again() {
			yield* pieces;
		}
		await client.snapshot.restore(again(), write);
		expect((await endpoints.kv.keys("large/", "", read)).value).toHaveLength(20);
		async function* damaged() {
			yield bytes("no archive");
		}
		await expect(client.snapshot.restore(damaged(), write)).rejects.toMatchObject({ code: "SNAPSHOT_INVALID" });
		await expect(client.snapshot.save({ ...read, datacenter: "dc2" })).rejects.toMatchObject({
			code: "DATACENTER_UNKNOWN",
		});
		await client.close();
		await listener.close();
	});
});

it("a client asks the leader for what is staler than it may be", async () => {
	const { clock, network, endpoints, clientNetwork } = await startPair();
	const asked: string[] = [];
	const behind: Endpoints = {
		...endpoints,
		kv: {
			...endpoints.kv,
			get: async (_key, { consistency }) => {
				asked.push(consistency);
				return { value: undefined, index: 1, knownLeader: true, lastContactMs: consistency === "stale" ? 900 : 0 };
			},
		},
	};
	await serve(behind, { network: network.host("10.0.0.3"), clock, host: "10.0.0.3", port: 8300 });
	const client = clientOf({ network: clientNetwork, clock, servers: ["10.0.0.3:8300"] });
	const ask = (maxStaleMs: number) => during(clock, client.kv.get("a", { ...read, consistency: "stale", maxStaleMs }));
	expect(await ask(1_000)).toMatchObject({ lastContactMs: 900 });
	expect(await ask(500)).toMatchObject({ lastContactMs: 0 });
	expect(asked).toEqual(["stale", "stale", "default"]);
});

describe("the same answer", () => {
	it("is the same object at a client while nothing changed, and another one after a change", async () => {
		const { client, endpoints, during: settle } = await startPair();
		await settle(endpoints.catalog.register(registration("n1"), write));
		const ask = async () => (await settle(client.catalog.nodes(read))).value;
		const first = await ask();
		expect(await ask()).toBe(first);
		await settle(endpoints.catalog.register(registration("n2"), write));
		const second = await ask();
		expect(second.map(({ node }) => node)).toEqual(["n1", "n2"]);
		expect(await ask()).toBe(second);
	});

	it("is not kept beyond so many questions and bytes", () => {
		const memory = createRememberedAnswers();
		const bytesOf = (size: number, filled: number) => new Uint8Array(size).fill(filled);
		const make = () => ({});
		const small = memory.answerTo("small", bytesOf(10, 1), make);
		expect(memory.answerTo("small", bytesOf(10, 1), make)).toBe(small);
		const changed = memory.answerTo("small", bytesOf(10, 2), make);
		expect(changed).not.toBe(small);
		for (let at = 0; at < 511; at++) memory.answerTo(`other ${at}`, bytesOf(1, 1), make);
		expect(memory.answerTo("small", bytesOf(10, 2), make)).toBe(changed);
		for (let at = 0; at < 512; at++) memory.answerTo(`another ${at}`, bytesOf(1, 1), make);
		const again = memory.answerTo("small", bytesOf(10, 2), make);
		expect(again).not.toBe(changed);
		const mib = 1024 * 1024;
		for (const question of ["large", "larger", "largest"]) memory.answerTo(question, bytesOf(15 * mib, 1), make);
		expect(memory.answerTo("small", bytesOf(10, 2), make)).not.toBe(again);
		const huge = memory.answerTo("huge", bytesOf(17 * mib, 1), make);
		expect(memory.answerTo("huge", bytesOf(17 * mib, 1), make)).not.toBe(huge);
	});
});
