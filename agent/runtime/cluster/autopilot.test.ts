import { describe, expect, it } from "vitest";
import { autopilotDefaults, type ServerHealth } from "../../rpc/index.ts";
import { type ClusterFacts, deadServers, nextJoinStep } from "./autopilot.ts";
import type { ServerMember } from "./server-member.ts";

function member(id: string, change: Partial<ServerMember> = {}): [string, ServerMember] {
	const address = `10.0.0.${id}:8300`;
	const defaults = { name: `s${id}`, address, status: "alive", expect: 3, bootstrap: false, voter: true } as const;
	return [id, { id, version: "1.14.4", sharesLog: true, ...defaults, ...change }];
}

const server = (id: string, voter = true) => ({ id, address: `10.0.0.${id}:8300`, voter });

function health(id: string, change: Partial<ServerHealth> = {}): ServerHealth {
	const place = { node: `s${id}`, address: `10.0.0.${id}:8300`, leader: false, voter: true, serfStatus: "alive" };
	const state = { version: "1.14.4", lastContactMs: 10, lastTerm: 2, lastIndex: 9, healthy: true, stableSinceMs: 0 };
	return { id, ...place, ...state, ...change };
}

function facts(change: Partial<ClusterFacts> = {}): ClusterFacts {
	return {
		selfId: "1",
		servers: [server("1"), server("2"), server("3")],
		members: new Map([member("1"), member("2"), member("3")]),
		health: [],
		autopilot: autopilotDefaults,
		nowMs: 100_000,
		mayJoin: () => true,
		knowsPool: true,
		...change,
	};
}

describe("servers that come and go", () => {
	it("changes nothing while gossip and Raft agree", () => {
		expect(nextJoinStep(facts())).toBeUndefined();
		expect(deadServers(facts())).toEqual([]);
	});

	it("takes a new one in without a vote, and gives it one when it was healthy for long enough", () => {
		const members = new Map([...facts().members, member("4")]);
		expect(nextJoinStep(facts({ members }))).toMatchObject({ kind: "add-non-voter", id: "4" });
		const servers = [...facts().servers, server("4", false)];
		const since = (stableSinceMs: number, healthy = true) =>
			nextJoinStep(facts({ members, servers, health: [health("4", { voter: false, stableSinceMs, healthy })] }));
		expect(since(95_000)).toBeUndefined();
		expect(since(90_000)).toMatchObject({ kind: "add-voter", id: "4" });
		expect(since(10_000, false)).toBeUndefined();
	});

	it("never gives a vote to one that wants none", () => {
		const members = new Map([...facts().members, member("4", { voter: false })]);
		const servers = [...facts().servers, server("4", false)];
		expect(nextJoinStep(facts({ members, servers, health: [health("4", { voter: false })] }))).toBeUndefined();
	});

	it("follows an address that has changed, and takes out the server that had it before", () => {
		const moved = new Map([...facts().members, member("2", { address: "10.0.0.9:8300" })]);
		expect(nextJoinStep(facts({ members: moved }))).toMatchObject({ kind: "add-voter", address: "10.0.0.9:8300" });
		const setUpAnew = new Map([member("1"), member("2"), member("7", { address: "10.0.0.3:8300" })]);
		expect(nextJoinStep(facts({ members: setUpAnew }))).toMatchObject({ kind: "remove", id: "3" });
	});

	it("takes the vote from one that came back as a read replica, never from itself", () => {
		const replicas = new Map([member("1", { voter: false }), member("2"), member("3", { voter: false })]);
		expect(nextJoinStep(facts({ members: replicas }))).toMatchObject({ kind: "demote-voter", id: "3" });
		const servers = [server("1"), server("2"), server("3", false)];
		expect(nextJoinStep(facts({ members: replicas, servers }))).toBeUndefined();
	});

	it("leaves outside whom it may not take in, and keeps the server whose address that one has", () => {
		const mayJoin = ({ id }: { readonly id: string }) => id !== "4";
		const members = new Map([...facts().members, member("4"), member("5")]);
		expect(nextJoinStep(facts({ members, mayJoin }))).toMatchObject({ kind: "add-non-voter", id: "5" });
		const setUpAnew = new Map([member("1"), member("2"), member("4", { address: "10.0.0.3:8300" })]);
		expect(nextJoinStep(facts({ members: setUpAnew, mayJoin }))).toBeUndefined();
	});

	it("takes out who left, never itself", () => {
		const gone = new Map([member("1", { status: "left" }), member("2", { status: "left" }), member("3")]);
		expect(nextJoinStep(facts({ members: gone }))).toMatchObject({ kind: "remove", id: "2" });
	});
});

describe("dead servers", () => {
	const failed = (...ids: string[]) =>
		new Map(["1", "2", "3"].map((id) => member(id, ids.includes(id) ? { status: "failed" } : {})));

	it("takes out a minority at most", () => {
		expect(deadServers(facts({ members: failed("3") }))).toMatchObject([{ kind: "remove", id: "3", forget: "s3" }]);
		expect(deadServers(facts({ members: failed("2", "3") }))).toHaveLength(1);
	});

	it("keeps min_quorum voters, and everybody when it is switched off", () => {
		const autopilot = (change: object) => ({ ...autopilotDefaults, ...change });
		expect(deadServers(facts({ members: failed("3"), autopilot: autopilot({ minQuorum: 3 }) }))).toEqual([]);
		expect(deadServers(facts({ members: failed("3"), autopilot: autopilot({ cleanupDeadServers: false }) }))).toEqual(
			[],
		);
	});

	it("takes out all that have no vote", () => {
		const servers = [...facts().servers, server("4", false), server("5", false)];
		const members = new Map([...facts().members, member("4", { status: "failed" }), member("5", { status: "failed" })]);
		expect(deadServers(facts({ members, servers })).map(({ id }) => id)).toEqual(["4", "5"]);
	});

	it("takes out whom gossip does not know, once it had time to learn of all", () => {
		const members = new Map([member("1"), member("2")]);
		expect(deadServers(facts({ members, knowsPool: false }))).toEqual([]);
		expect(deadServers(facts({ members }))).toMatchObject([{ kind: "remove", id: "3" }]);
	});
});
