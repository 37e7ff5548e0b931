import { describe, expect, it } from "vitest";
import { FakeClock, FakeDisk, FakeNetwork, fakeRandom } from "../../lib/env/fake.ts";
import type { Connection } from "../../lib/env/index.ts";
import { Incoming } from "../../lib/stream/index.ts";
import { RaftLog, type StateMachine, StreamTransport, serveRaftStream } from "./index.ts";
import { encodeRequest } from "./wire/index.ts";

const text = new TextEncoder();
const timings = {
	heartbeatTimeoutMs: 1000,
	electionTimeoutMs: 1000,
	leaderLeaseTimeoutMs: 500,
	commitTimeoutMs: 50,
	callTimeoutMs: 10_000,
};

class World {
	readonly clock = new FakeClock();
	readonly network = new FakeNetwork({ clock: this.clock, weather: { datagram: () => [1], stream: () => 1 } });
	readonly logs = new Map<string, RaftLog<void>>();
	readonly applied = new Map<string, string[]>();

	async start(at: number): Promise<void> {
		const host = `10.0.0.${at}`;
		const self = { id: `s${at}`, address: `${host}:8300` };
		const applied: string[] = [];
		this.applied.set(self.id, applied);
		const machine: StateMachine<void> = {
			apply: (_, command) => void applied.push(new TextDecoder().decode(command)),
			snapshot: () => [text.encode(applied.join("\n"))],
			restore: async (pieces) => {
				let whole = "";
				for await (const piece of pieces) whole += new TextDecoder().decode(piece);
				applied.splice(0, applied.length, ...whole.split("\n"));
			},
		};
		const network = this.network.host(host);
		const log = new RaftLog({
			self,
			clock: this.clock,
			disk: new FakeDisk(),
			folder: "raft",
			random: fakeRandom(at),
			machine,
			transport: new StreamTransport({ network, clock: this.clock }),
			timings,
			snapshotAfterEntries: 100,
			trailingEntries: 10,
		});
		await log.start();
		this.logs.set(self.id, log);
		await network.listen({ host, port: 8300 }, (connection) => void accept(connection, self, log));
	}

	async leader(): Promise<RaftLog<void>> {
		for (let tries = 0; tries < 100; tries++) {
			await this.clock.advanceAsync(100);
			for (const log of this.logs.values()) if (log.state().role === "leader") return log;
		}
		throw new Error("no leader");
	}
}

async function accept(
	connection: Connection,
	self: { id: string; address: string },
	log: RaftLog<void>,
): Promise<void> {
	const incoming = new Incoming(connection.incoming);
	expect(await incoming.byte()).toBe(1);
	await serveRaftStream(
		{ ...connection, remote: connection.remote, incoming: incoming.rest() },
		{ self, handle: (request, state) => log.handle(request, state) },
	);
}

describe("Raft over streams", () => {
	it("elects, replicates, sends snapshots to who comes late", async () => {
		const world = new World();
		for (const at of [1, 2, 3]) await world.start(at);
		const servers = [1, 2, 3].map((at) => ({ id: `s${at}`, address: `10.0.0.${at}:8300`, voter: true }));
		for (const log of world.logs.values()) log.bootstrap({ servers });
		const leader = await world.leader();
		const commands = Array.from({ length: 400 }, (_, at) => `${at} ${"x".repeat(at)}`);
		for (let at = 0; at < commands.length; at += 40) {
			const proposals = commands.slice(at, at + 40).map((command) => leader.propose(text.encode(command)));
			await world.clock.advanceAsync(100);
			await Promise.all(proposals);
		}
		await world.start(4);
		const change = leader.changeMembership({ kind: "add-voter", id: "s4", address: "10.0.0.4:8300" });
		await world.clock.advanceAsync(3_000);
		await change;
		for (const [id, applied] of world.applied) expect(applied, id).toEqual(commands);
		expect(world.logs.get("s4")?.state().snapshotIndex).toBeGreaterThan(300);
		expect(leader.cluster().followers.map(({ matchIndex }) => matchIndex)).toEqual(
			[1, 2, 3].map(() => leader.state().lastIndex),
		);
	});

	it("a peer that closes the connection on a pre-vote is of the time before; one that is not there is no vote", async () => {
		const world = new World();
		const clock = world.clock;
		const transport = new StreamTransport({ network: world.network.host("10.0.0.9"), clock });
		await world.network.host("10.0.0.8").listen({ host: "10.0.0.8", port: 8300 }, (connection) => {
			void (async () => {
				for await (const chunk of connection.incoming) if (chunk.includes(4)) await connection.close();
			})();
		});
		world.network.host("10.0.0.7");
		const call = (host: string) => ({
			id: 1,
			to: { id: "x", address: `${host}:8300` },
			request: {
				kind: "pre-vote" as const,
				term: 7,
				from: { id: "s9", address: "10.0.0.9:8300" },
				last: { index: 4, term: 6 },
			},
			timeoutMs: 1_000,
		});
		const old = transport.call(call("10.0.0.8"));
		const nobody = transport.call(call("10.0.0.7"));
		nobody.catch(() => undefined);
		await clock.advanceAsync(100);
		expect(await old).toMatchObject({ success: true, term: 7 });
		await expect(nobody).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
	});

	it("a call that is refused while an earlier one is open closes the connection, and nothing else", async () => {
		const from = { id: "s9", address: "10.0.0.9:8300" };
		const preVote = encodeRequest({ kind: "pre-vote", term: 7, from, last: { index: 4, term: 6 } });
		let closed = false;
		async function* incoming() {
			yield Uint8Array.of(...preVote, ...preVote);
		}
		const connection: Connection = {
			remote: { host: "10.0.0.9", port: 1 },
			write: async () => undefined,
			incoming: incoming(),
			close: async () => {
				closed = true;
			},
		};
		let answerFirst: () => void = () => undefined;
		const first = new Promise<{ term: number; success: boolean; lastIndex: number; noRetryBackoff: boolean }>(
			(resolve) => {
				answerFirst = () => resolve({ term: 7, success: true, lastIndex: 0, noRetryBackoff: false });
			},
		);
		let asked = 0;
		const handle = () => (asked++ === 0 ? first : Promise.reject(new Error("refused")));
		const served = serveRaftStream(connection, { self: from, handle });
		// The process would end here, had nobody looked at the refusal.
		await new Promise((resolve) => setImmediate(resolve));
		expect(asked).toBe(2);
		expect(closed).toBe(false);
		answerFirst();
		await served;
		expect(closed).toBe(true);
	});

	it("what is malformed closes the connection", async () => {
		const world = new World();
		await world.start(1);
		const connecting = world.network.host("10.0.0.9").connect({ host: "10.0.0.1", port: 8300 }, { timeoutMs: 1_000 });
		await world.clock.advanceAsync(10);
		const connection = await connecting;
		await connection.write(Uint8Array.of(1, 77, 0x80));
		const incoming = new Incoming(connection.incoming);
		const end = incoming.byte();
		await world.clock.advanceAsync(50);
		expect(await end).toBeUndefined();
	});
});
