import { describe, expect, it } from "vitest";
import { type DiskOperation, FakeClock, FakeDisk, fakeRandom, settle } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import { RaftLog, type RaftLogOptions, type RaftTransport, type StateMachine } from "./index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const timings = {
	heartbeatTimeoutMs: 1000,
	electionTimeoutMs: 1000,
	leaderLeaseTimeoutMs: 500,
	commitTimeoutMs: 50,
	callTimeoutMs: 10_000,
};

class Recorder implements StateMachine<string> {
	applied: [number, string][] = [];

	apply(index: number, command: Uint8Array): string {
		const text = new TextDecoder().decode(command);
		this.applied.push([index, text]);
		return `did ${text}`;
	}

	snapshot(): Iterable<Uint8Array> {
		return [bytes(JSON.stringify(this.applied))];
	}

	async restore(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
		let whole = "";
		for await (const piece of pieces) whole += new TextDecoder().decode(piece);
		try {
			this.applied = JSON.parse(whole);
		} catch {
			throw new DiscoError("SNAPSHOT_INVALID", "it is no JSON");
		}
	}
}

class Servers {
	readonly clock = new FakeClock();
	readonly disks = new Map<string, FakeDisk>();
	readonly logs = new Map<string, RaftLog<string>>();
	readonly machines = new Map<string, Recorder>();
	readonly down = new Set<string>();

	get transport(): RaftTransport {
		return {
			call: async (call, state) => {
				const to = this.logs.get(call.to.id);
				if (to === undefined || this.down.has(call.to.id)) throw new DiscoError("CONNECTION_REFUSED", "down");
				async function* stream() {
					yield* state?.pieces ?? [];
				}
				return to.handle(call.request, state === undefined ? undefined : stream());
			},
		};
	}

	async start(id: string, more: Partial<RaftLogOptions<string>> = {}): Promise<RaftLog<string>> {
		const machine = new Recorder();
		const disk = this.disks.get(id) ?? new FakeDisk();
		this.disks.set(id, disk);
		const log = new RaftLog({
			self: { id, address: `${id}:8300` },
			clock: this.clock,
			disk,
			folder: "raft",
			random: fakeRandom(id.charCodeAt(0)),
			machine,
			transport: this.transport,
			timings,
			...more,
		});
		await log.start();
		this.machines.set(id, machine);
		this.logs.set(id, log);
		return log;
	}

	async cluster(ids: readonly string[], more: Partial<RaftLogOptions<string>> = {}): Promise<RaftLog<string>> {
		for (const id of ids) await this.start(id, more);
		const servers = ids.map((id) => ({ id, address: `${id}:8300`, voter: true }));
		for (const id of ids) this.logs.get(id)?.bootstrap({ servers });
		return this.leader();
	}

	async leader(): Promise<RaftLog<string>> {
		for (let tries = 0; tries < 100; tries++) {
			await this.clock.advanceAsync(100);
			for (const [id, log] of this.logs) if (!this.down.has(id) && log.state().role === "leader") return log;
		}
		throw new Error("no leader");
	}

	/** Waits for a promise while time goes on. */
	async during<Value>(promise: Promise<Value>): Promise<Value> {
		let done = false;
		const settled = promise.finally(() => {
			done = true;
		});
		settled.catch(() => undefined);
		for (let tries = 0; tries < 200 && !done; tries++) await this.clock.advanceAsync(50);
		return settled;
	}
}

describe("the log of several servers", () => {
	it("applies in order, answers with index and result, and followers have the same", async () => {
		const servers = new Servers();
		const leader = await servers.cluster(["a", "b", "c"]);
		const answers = await servers.during(Promise.all(["x", "y"].map((each) => leader.propose(bytes(each)))));
		expect(answers.map(({ result }) => result)).toEqual(["did x", "did y"]);
		expect(await servers.during(leader.barrier())).toBe(5);
		await servers.during(leader.verifyLeader());
		await servers.clock.advanceAsync(100);
		for (const [id, machine] of servers.machines) {
			expect(machine.applied, id).toEqual([
				[3, "x"],
				[4, "y"],
			]);
		}
		expect(leader.state()).toMatchObject({ role: "leader", knownLeader: true, lastContactMs: 0, pendingCount: 0 });
		const follower = [...servers.logs.values()].find((log) => log !== leader);
		expect(follower?.state()).toMatchObject({ role: "follower", knownLeader: true, appliedIndex: 5 });
		expect(follower?.state().lastContactMs).toBeLessThan(200);
		await expect(follower?.propose(bytes("z"))).rejects.toMatchObject({ code: "NO_LEADER", retryable: true });
		await expect(follower?.verifyLeader()).rejects.toMatchObject({ code: "NO_LEADER" });
	});

	it("one server alone leads and remembers", async () => {
		const servers = new Servers();
		const log = await servers.cluster(["a"]);
		await servers.during(log.propose(bytes("x")));
		await log.close();
		await expect(log.propose(bytes("y"))).rejects.toMatchObject({ code: "LOG_CLOSED" });
		await servers.start("a");
		const again = await servers.leader();
		expect(again.state().term).toBe(3);
		expect(servers.machines.get("a")?.applied).toEqual([[3, "x"]]);
		expect(again.bootstrap({ servers: [{ id: "z", address: "z:1", voter: true }] })).toBe(false);
	});

	it("one server alone leads at once, also when it comes back: there is nobody to wait for", async () => {
		const servers = new Servers();
		const log = await servers.start("a");
		log.bootstrap({ servers: [{ id: "a", address: "a:8300", voter: true }] });
		await settle();
		expect(log.state().role).toBe("leader");
		await log.close();
		const again = await servers.start("a");
		await settle();
		expect(again.state()).toMatchObject({ role: "leader", term: 3 });
		expect(servers.clock.monotonicMs()).toBe(0);
	});

	it("one server alone is joined by others, which get everything; a snapshot that fails on the way is tried again", async () => {
		const servers = new Servers();
		const problems: unknown[] = [];
		const leader = await servers.cluster(["a"], { onSnapshotFailed: (error) => problems.push(error) });
		for (let count = 0; count < 1_000; count++) void leader.propose(bytes(`${count}`));
		await servers.during(leader.barrier());
		// The beginning of the log is not held in memory any more, and no snapshot was due.
		expect(leader.termAt(3)).toBeUndefined();
		expect(leader.state().snapshotIndex).toBe(0);
		let failuresLeft = 1;
		servers.disks
			.get("a")
			?.plant((tried) => (tried === "rename" && failuresLeft-- > 0 ? new DiscoError("EIO", "EIO") : undefined));
		await servers.start("b");
		await servers.during(leader.changeMembership({ kind: "add-non-voter", id: "b", address: "b:8300" }));
		await servers.during(leader.propose(bytes("joined")));
		await servers.clock.advanceAsync(8_000);
		expect(problems).toHaveLength(1);
		expect(servers.machines.get("b")?.applied).toEqual(servers.machines.get("a")?.applied);
		await servers.during(leader.changeMembership({ kind: "add-voter", id: "b", address: "b:8300" }));
		await servers.during(leader.transferLeadership("b"));
		await servers.during((await servers.leader()).changeMembership({ kind: "remove", id: "a" }));
		await servers.clock.advanceAsync(5_000);
		const rest = servers.logs.get("b");
		expect(rest?.cluster().configuration.servers.map(({ id }) => id)).toEqual(["b"]);
		await servers.during(rest?.propose(bytes("alone again")) ?? Promise.reject());
		expect(servers.machines.get("b")?.applied).toHaveLength(1_002);
	});

	it("what a server that was alone has forgotten is on its disk", async () => {
		const servers = new Servers();
		const log = await servers.cluster(["a"], { snapshotAfterEntries: 700, trailingEntries: 2_000 });
		for (let count = 0; count < 1_000; count++) await servers.during(log.propose(bytes(`${count}`)));
		expect(log.state().snapshotIndex).toBe(700);
		await log.close();
		await servers.start("a");
		await settle();
		expect(servers.machines.get("a")?.applied.map(([, text]) => Number(text))).toEqual(
			Array.from({ length: 1_000 }, (_, at) => at),
		);
	});

	it("one server alone follows nobody: the leader of another cluster is told no and changes nothing", async () => {
		const servers = new Servers();
		const log = await servers.cluster(["a"]);
		await servers.during(log.propose(bytes("x")));
		const from = { id: "z", address: "z:8300" };
		const entries = [{ index: 2, term: 9, type: "command", data: bytes("foreign") }] as const;
		const previous = { index: 1, term: 1 };
		const asked = log.handle({ kind: "append", term: 9, from, previous, entries, commitIndex: 2 });
		expect(await servers.during(asked)).toMatchObject({ success: false, term: 2 });
		const configuration = { servers: [{ ...from, voter: true }] };
		const snapshot = { index: 100, term: 9, configuration, configurationIndex: 1 };
		const sent = log.handle({ kind: "snapshot", term: 9, from, snapshot });
		expect(await servers.during(sent)).toMatchObject({ success: false, term: 2 });
		expect(log.state()).toMatchObject({ role: "leader", term: 2 });
		await servers.during(log.propose(bytes("y")));
		expect(servers.machines.get("a")?.applied.map(([, text]) => text)).toEqual(["x", "y"]);
	});

	it("a leader that is cut off says that the outcome is unknown", async () => {
		const servers = new Servers();
		const leader = await servers.cluster(["a", "b", "c"]);
		for (const [id, log] of servers.logs) if (log !== leader) servers.down.add(id);
		await expect(servers.during(leader.propose(bytes("x")))).rejects.toMatchObject({ code: "LEADERSHIP_LOST" });
	});

	it.each<{ operation: DiskOperation; code: string }>([
		{ operation: "append", code: "ENOSPC" },
		{ operation: "sync", code: "EIO" },
	])(
		"a $operation that fails ($code) stops the server: nothing is acknowledged, the others go on",
		async ({ operation, code }) => {
			const servers = new Servers();
			const failures: DiscoError[] = [];
			const leader = await servers.cluster(["a", "b", "c"], { onFailed: (error) => failures.push(error) });
			const [id] = [...servers.logs].find(([, log]) => log === leader) ?? ["?"];
			for (const other of servers.logs.keys()) if (other !== id) servers.down.add(other);
			servers.disks.get(id)?.plant((tried) => (tried === operation ? new DiscoError(code, code) : undefined));
			const proposal = leader.propose(bytes("x"));
			await expect(servers.during(proposal)).rejects.toMatchObject({ code: "LOG_FAILED" });
			expect(leader.state().role).toBe("failed");
			expect(failures).toHaveLength(1);
			await expect(leader.propose(bytes("y"))).rejects.toMatchObject({ code: "LOG_FAILED" });
			servers.down.clear();
			servers.down.add(id);
			const next = await servers.leader();
			await servers.during(next.propose(bytes("z")));
			expect(servers.machines.get(id)?.applied).toEqual([]);
		},
	);

	it("a follower that was away long is sent a snapshot", async () => {
		const servers = new Servers();
		const options = { snapshotAfterEntries: 10, trailingEntries: 2 };
		const leader = await servers.cluster(["a", "b", "c"], options);
		const [away] = [...servers.logs].find(([, log]) => log !== leader) ?? ["?"];
		servers.down.add(away);
		for (let count = 0; count < 40; count++) await servers.during(leader.propose(bytes(`${count}`)));
		expect(leader.state().snapshotIndex).toBeGreaterThan(20);
		servers.down.delete(away);
		await servers.clock.advanceAsync(3_000);
		expect(servers.machines.get(away)?.applied).toHaveLength(40);
		expect(servers.logs.get(away)?.state().snapshotIndex).toBeGreaterThan(20);
	});

	it("servers are added, removed, and take over", async () => {
		const servers = new Servers();
		const leader = await servers.cluster(["a", "b"]);
		await servers.start("c");
		await servers.during(leader.changeMembership({ kind: "add-non-voter", id: "c", address: "c:8300" }));
		await servers.during(leader.propose(bytes("x")));
		await servers.during(leader.changeMembership({ kind: "add-voter", id: "c", address: "c:8300" }));
		await servers.clock.advanceAsync(200);
		expect(servers.machines.get("c")?.applied.map(([, text]) => text)).toEqual(["x"]);
		await servers.during(leader.transferLeadership("c"));
		await servers.clock.advanceAsync(200);
		const next = servers.logs.get("c");
		expect(next?.state().role).toBe("leader");
		await servers.during(next?.changeMembership({ kind: "remove", id: "a" }) ?? Promise.reject());
		expect(next?.cluster().configuration.servers.map(({ id }) => id)).toEqual(["b", "c"]);
	});

	it("a snapshot from elsewhere goes to every server, with higher indexes afterwards, also after a restart", async () => {
		const servers = new Servers();
		const leader = await servers.cluster(["a", "b", "c"], { snapshotAfterEntries: 8, trailingEntries: 0 });
		await servers.during(leader.propose(bytes("before")));
		const state: [number, string][] = [[900, "restored"]];
		const pieces = [...JSON.stringify(state)].map(bytes);
		const snapshot = { pieces, newestIndex: 900, giveWay: async () => undefined };
		const index = await servers.during(leader.restore(snapshot));
		expect(index).toBeGreaterThan(900);
		const written = await servers.during(leader.propose(bytes("after")));
		expect(written.index).toBeGreaterThan(index);
		await servers.clock.advanceAsync(200);
		const expected = [...state, [written.index, "after"]];
		for (const [id, machine] of servers.machines) expect(machine.applied, id).toEqual(expected);
		const broken = leader.restore({ ...snapshot, pieces: [bytes("{")] });
		await expect(servers.during(broken)).rejects.toMatchObject({ code: "SNAPSHOT_INVALID" });
		for (const [id, machine] of servers.machines) expect(machine.applied, id).toEqual(expected);
		for (const [id, log] of servers.logs) {
			await log.close();
			await servers.start(id);
		}
		const again = await servers.during((await servers.leader()).propose(bytes("again")));
		expect(again.index).toBeGreaterThan(written.index);
		await servers.clock.advanceAsync(200);
		for (const [id, machine] of servers.machines) expect(machine.applied.at(-1), id).toEqual([again.index, "again"]);
	});

	it("peers.json begins anew with the servers that are left", async () => {
		const servers = new Servers();
		const leader = await servers.cluster(["a", "b", "c"]);
		await servers.during(leader.propose(bytes("x")));
		for (const log of servers.logs.values()) await log.close();
		servers.logs.clear();
		const disk = servers.disks.get("a");
		await disk?.writeAtomic("raft/peers.json", bytes('[{"id": "a", "address": "a:8300", "non_voter": "no"}]'));
		await expect(servers.start("a")).rejects.toMatchObject({ code: "PEERS_INVALID" });
		await disk?.writeAtomic("raft/peers.json", bytes('[{"id": "a", "address": "a:8300", "non_voter": false}]'));
		await servers.start("a");
		const alone = await servers.leader();
		expect(alone.cluster().configuration.servers.map(({ id }) => id)).toEqual(["a"]);
		expect(servers.machines.get("a")?.applied.map(([, text]) => text)).toContain("x");
		expect(await disk?.read("raft/peers.json")).toBeUndefined();
	});
});
