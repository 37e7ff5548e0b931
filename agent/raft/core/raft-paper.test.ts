import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeRandom } from "../../../lib/env/fake.ts";
import { address, Cluster, timings, voterConfiguration } from "./harness.ts";
import { type AppendRequest, type Entry, type Position, Raft, type Response, raftRules } from "./index.ts";
import { majorityValue } from "./rules.ts";

/** Statements of "In Search of an Understandable Consensus Algorithm (Extended Version)" and of Ongaro's thesis, one test each. */
const peer = (id: string) => ({ id, address: address(id) });
const command = (index: number, term: number): Entry => ({
	index,
	term,
	type: "command",
	data: new Uint8Array([index]),
});

/** One server of (a b c) with a log of these terms, whose answers are looked at. */
function server(
	options: {
		readonly terms?: readonly number[];
		readonly term?: number;
		readonly id?: string;
		readonly seed?: number;
	} = {},
) {
	const { terms = [], id = "a" } = options;
	const configuration: Entry = {
		index: 1,
		term: 1,
		type: "configuration",
		data: new Uint8Array(),
		configuration: voterConfiguration("a", "b", "c"),
	};
	const entries = [configuration, ...terms.map((term, at) => command(at + 2, term))];
	const raft = new Raft(
		{
			self: peer(id),
			timings,
			limits: { appendEntriesMax: 64, appendBytesMax: 1024, inFlightMax: 4 },
			random: fakeRandom(options.seed ?? 1),
			rules: raftRules,
		},
		{
			hardState: { term: options.term ?? entries.at(-1)?.term ?? 1, votedFor: undefined },
			entries,
			snapshot: undefined,
		},
		0,
	);
	const answers: Response[] = [];
	const act = () => {
		for (let batch = raft.takeBatch(); batch !== undefined; batch = raft.takeBatch()) {
			for (const output of [...raft.takeOutputs(), ...batch.outputs])
				if (output.kind === "answer") answers.push(output.response);
			raft.batchStored(batch);
		}
		for (const output of raft.takeOutputs()) if (output.kind === "answer") answers.push(output.response);
	};
	const ask = (request: Parameters<Raft["receive"]>[0]): Response => {
		raft.receive(request, "token");
		act();
		const answer = answers.shift();
		if (answer === undefined) throw new Error("no answer");
		return answer;
	};
	const append = (term: number, previous: Position, entries: Entry[], commitIndex = 0, from = "b"): Response =>
		ask({ kind: "append", term, from: peer(from), previous, entries, commitIndex } satisfies AppendRequest);
	const vote = (term: number, from: string, last: Position, leadershipTransfer = false): Response =>
		ask({ kind: "vote", term, from: peer(from), last, leadershipTransfer });
	const log = () => Array.from({ length: raft.lastIndex }, (_, at) => raft.termAt(at + 1));
	return { raft, ask, append, vote, act, log };
}

const last = { index: 1, term: 1 };

describe("§5.1 terms", () => {
	it("a server with an older term takes the newer one", () => {
		const { raft, append } = server();
		append(7, last, []);
		expect(raft.term).toBe(7);
	});

	it("a leader or candidate that finds its term out of date becomes a follower", () => {
		const cluster = new Cluster();
		cluster.bootstrap(voterConfiguration("a", "b", "c"));
		cluster.timeout("a");
		cluster.deliver();
		const { raft } = cluster.node("a");
		expect(raft.role).toBe("leader");
		raft.receive(
			{ kind: "append", term: 9, from: peer("b"), previous: { index: 0, term: 0 }, entries: [], commitIndex: 0 },
			"token",
		);
		expect([raft.role, raft.term, raft.leader?.id]).toEqual(["follower", 9, "b"]);
	});

	it("a request with an old term is refused and told the newer one", () => {
		const { append, vote } = server({ term: 5 });
		expect(append(4, last, [command(2, 4)])).toMatchObject({ term: 5, success: false });
		expect(vote(4, "b", { index: 9, term: 4 })).toMatchObject({ term: 5, success: false });
	});
});

describe("§5.2 leader election", () => {
	it("servers begin as followers, and without a word from a leader start an election between one and two time-outs", () => {
		for (let seed = 1; seed <= 50; seed++) {
			const { raft } = server({ seed });
			expect(raft.role).toBe("follower");
			expect(raft.nextDueMs()).toBeGreaterThanOrEqual(timings.heartbeatTimeoutMs);
			expect(raft.nextDueMs()).toBeLessThan(2 * timings.heartbeatTimeoutMs);
		}
	});

	it("a heartbeat keeps a follower a follower", () => {
		const { raft, append } = server();
		for (let nowMs = 900; nowMs < 10_000; nowMs += 900) {
			raft.tick(nowMs);
			append(2, { index: 0, term: 0 }, []);
		}
		expect(raft.role).toBe("follower");
	});

	it("a candidate votes for itself, with a new term, and durably before it asks", () => {
		const cluster = new Cluster();
		cluster.bootstrap(voterConfiguration("a", "b", "c"));
		cluster.timeout("a");
		cluster.node("a").diskHeld = true;
		cluster.deliver();
		expect(cluster.node("a").raft.role).toBe("candidate");
		expect(cluster.transcript.filter((line) => line.includes(" vote?"))).toEqual([]);
		cluster.node("a").diskHeld = false;
		cluster.settle(cluster.node("a"));
		expect(cluster.node("a").stored.hardState).toEqual({ term: 2, votedFor: "a" });
		cluster.deliver();
		expect(cluster.leaders).toEqual(["a"]);
	});

	it("each server votes for one candidate in a term, first come first served, and repeats its answer to the same", () => {
		const { vote, raft } = server();
		expect(vote(2, "b", last).success).toBe(true);
		expect(vote(2, "c", last).success).toBe(false);
		expect(vote(2, "b", last).success).toBe(true);
		expect(raft.term).toBe(2);
		expect(vote(3, "c", last).success).toBe(true);
	});

	it("the vote is durable before it is given", () => {
		const { raft } = server();
		raft.receive({ kind: "vote", term: 2, from: peer("b"), last, leadershipTransfer: false }, "token");
		expect(raft.takeOutputs()).toEqual([]);
		expect(raft.takeBatch()).toMatchObject({
			hardState: { term: 2, votedFor: "b" },
			outputs: [{ kind: "answer", response: { success: true } }],
		});
	});

	it("a candidate that hears from a leader of its term becomes its follower, from one of an older term it does not", () => {
		const cluster = new Cluster();
		cluster.bootstrap(voterConfiguration("a", "b", "c"));
		cluster.timeout("a");
		cluster.deliver(4);
		const { raft } = cluster.node("a");
		expect([raft.role, raft.term]).toEqual(["candidate", 2]);
		const heartbeat = (term: number): AppendRequest => ({
			kind: "append",
			term,
			from: peer("b"),
			previous: { index: 0, term: 0 },
			entries: [],
			commitIndex: 0,
		});
		raft.receive(heartbeat(1), { from: "b" });
		expect(raft.role).toBe("candidate");
		raft.receive(heartbeat(2), { from: "b" });
		expect([raft.role, raft.leader?.id]).toEqual(["follower", "b"]);
	});

	it("two leaders in one term stop the server that sees them", () => {
		const { append } = server();
		append(2, last, [], 0, "b");
		expect(() => append(2, last, [], 0, "c")).toThrow("election safety");
	});
});

describe("§5.3 log replication", () => {
	it.each<{ name: string; terms: number[]; previous: Position; entries: Entry[]; ok: boolean; log: number[] }>([
		{
			name: "agrees",
			terms: [2, 2],
			previous: { index: 3, term: 2 },
			entries: [command(4, 3)],
			ok: true,
			log: [1, 2, 2, 3],
		},
		{
			name: "missing entries",
			terms: [2],
			previous: { index: 3, term: 2 },
			entries: [command(4, 3)],
			ok: false,
			log: [1, 2],
		},
		{
			name: "another term there",
			terms: [2, 2],
			previous: { index: 3, term: 3 },
			entries: [command(4, 3)],
			ok: false,
			log: [1, 2, 2],
		},
		{
			name: "conflicting entries go",
			terms: [2, 2, 2],
			previous: { index: 2, term: 2 },
			entries: [command(3, 3)],
			ok: true,
			log: [1, 2, 3],
		},
		{
			name: "a late call takes nothing away",
			terms: [2, 2, 2],
			previous: { index: 2, term: 2 },
			entries: [command(3, 2)],
			ok: true,
			log: [1, 2, 2, 2],
		},
		{
			name: "extra entries stay when nothing differs",
			terms: [2, 2, 2],
			previous: { index: 2, term: 2 },
			entries: [],
			ok: true,
			log: [1, 2, 2, 2],
		},
		{
			name: "from the beginning",
			terms: [2],
			previous: { index: 0, term: 0 },
			entries: [command(1, 1), command(2, 4)],
			ok: true,
			log: [1, 4],
		},
	])("consistency check: $name", ({ terms, previous, entries, ok, log }) => {
		const follower = server({ terms });
		expect(follower.append(5, previous, entries).success).toBe(ok);
		expect(follower.log()).toEqual(log);
	});

	it("a refusal tells the last index, and that trying again at once makes sense", () => {
		const { append } = server({ terms: [2, 2] });
		expect(append(5, { index: 9, term: 5 }, [])).toMatchObject({ success: false, lastIndex: 3, noRetryBackoff: true });
	});

	it("an entry is acknowledged after it is stored; heartbeats are not held up", () => {
		const { raft } = server({ term: 2 });
		raft.receive(
			{ kind: "append", term: 2, from: peer("b"), previous: last, entries: [command(2, 2)], commitIndex: 0 },
			1,
		);
		raft.receive(
			{ kind: "append", term: 2, from: peer("b"), previous: { index: 0, term: 0 }, entries: [], commitIndex: 0 },
			2,
		);
		expect(raft.takeOutputs()).toMatchObject([{ kind: "answer", token: 2 }]);
		const batch = raft.takeBatch();
		expect(batch).toMatchObject({ entries: [{ index: 2 }], outputs: [{ token: 1 }] });
	});

	it("a follower commits what the leader has committed, not beyond what it was compared with", () => {
		const { append, raft } = server({ terms: [2, 2, 2] });
		append(3, { index: 2, term: 2 }, [], 4);
		expect(raft.commitIndex).toBe(2);
		append(3, { index: 2, term: 2 }, [command(3, 2), command(4, 2)], 4);
		expect(raft.commitIndex).toBe(4);
	});

	it.each([
		{ values: [], majority: 0 },
		{ values: [7], majority: 7 },
		{ values: [7, 5], majority: 5 },
		{ values: [7, 5, 3], majority: 5 },
		{ values: [9, 7, 5, 3], majority: 5 },
		{ values: [1, 9, 9, 1, 9], majority: 9 },
	])("the majority of $values has stored $majority", ({ values, majority }) => {
		expect(majorityValue(values)).toBe(majority);
	});

	it("more than half have stored what a majority is said to have", () => {
		fc.assert(
			fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 9 }), (values) => {
				const majority = majorityValue(values);
				expect(values.filter((value) => value >= majority).length * 2).toBeGreaterThan(values.length);
				expect(values.filter((value) => value > majority).length * 2).toBeLessThanOrEqual(values.length);
			}),
		);
	});

	it("calls follow one another without waiting once the logs agree, as many as may be on their way", () => {
		const cluster = new Cluster({ limits: { appendEntriesMax: 2, inFlightMax: 3 } });
		cluster.bootstrap(voterConfiguration("a", "b"));
		cluster.timeout("a");
		cluster.deliver();
		for (let at = 0; at < 20; at++) cluster.node("a").raft.propose("command", new Uint8Array([at]));
		cluster.settle(cluster.node("a"));
		cluster.transcript.length = 0;
		cluster.deliver(3);
		expect(cluster.transcript.filter((line) => line.startsWith("a->b append"))).toHaveLength(3);
		cluster.deliver();
		expect(cluster.node("b").raft.lastIndex).toBe(22);
		expect(cluster.transcript.filter((line) => line.startsWith("a->b append"))).toHaveLength(10);
	});
});

describe("§5.4 safety", () => {
	it.each<{ name: string; candidate: Position; voter: number[]; granted: boolean }>([
		{ name: "later last term", candidate: { index: 2, term: 3 }, voter: [2, 2, 2], granted: true },
		{ name: "earlier last term", candidate: { index: 9, term: 1 }, voter: [2], granted: false },
		{ name: "same term, longer", candidate: { index: 4, term: 2 }, voter: [2, 2], granted: true },
		{ name: "same term, same length", candidate: { index: 3, term: 2 }, voter: [2, 2], granted: true },
		{ name: "same term, shorter", candidate: { index: 2, term: 2 }, voter: [2, 2], granted: false },
	])("§5.4.1 a vote needs an up-to-date log: $name", ({ candidate, voter, granted }) => {
		expect(server({ terms: voter }).vote(5, "b", candidate).success).toBe(granted);
		const preVote = { kind: "pre-vote", term: 5, from: peer("b"), last: candidate } as const;
		expect(server({ terms: voter }).ask(preVote).success).toBe(granted);
	});

	it("§5.4.2 entries of earlier terms are not committed by counting, only with one of the own term", () => {
		const cluster = new Cluster();
		cluster.bootstrap(voterConfiguration("a", "b", "c"));
		for (const id of ["a", "b"]) cluster.node(id).stored.entries.push(command(2, 1));
		for (const id of ["a", "b", "c"]) cluster.restart(id);
		cluster.timeout("a");
		// Everything but what is appended: the leader knows nothing of others' logs yet.
		cluster.deliver(8);
		const leader = cluster.node("a").raft;
		expect(leader.role).toBe("leader");
		expect(leader.commitIndex).toBe(0);
		cluster.deliver();
		expect(leader.commitIndex).toBe(3);
	});

	it("§5.4.3 committed entries are never removed: the server stops instead", () => {
		const { append } = server({ terms: [2, 2] });
		append(2, { index: 3, term: 2 }, [], 3);
		// What is committed is not compared any more; nor is it replaced.
		expect(append(3, { index: 2, term: 9 }, [command(3, 3)]).success).toBe(true);
		const { log, append: more } = server({ terms: [2, 2] });
		more(2, { index: 3, term: 2 }, [], 3);
		more(3, { index: 1, term: 1 }, [command(2, 3), command(3, 3)]);
		expect(log()).toEqual([1, 2, 2]);
	});
});

describe("§6 and thesis §4 membership", () => {
	it("a configuration is in force as soon as it is stored, and gone when its entry is removed", () => {
		const { raft, append } = server();
		const configuration = voterConfiguration("a", "b", "c", "d");
		append(2, last, [{ index: 2, term: 2, type: "configuration", data: new Uint8Array(), configuration }]);
		expect(raft.configuration).toEqual(configuration);
		expect(raft.committedConfiguration.index).toBe(0);
		append(3, last, [command(2, 3)], 0, "c");
		expect(raft.configuration).toEqual(voterConfiguration("a", "b", "c"));
	});

	it("§4.2.3 who hears from a leader, or does not know the candidate, gives no vote and keeps its term", () => {
		const { vote, append, raft } = server();
		append(2, last, [], 0, "b");
		expect(vote(9, "c", { index: 99, term: 8 })).toMatchObject({ success: false, term: 2 });
		expect(raft.term).toBe(2);
		expect(server().vote(9, "stranger", last)).toMatchObject({ success: false, term: 1 });
		// §3.10: unless the leader itself asked for the election.
		expect(vote(9, "c", { index: 99, term: 8 }, true).success).toBe(true);
	});

	it("§4.1 who lacks what made the candidate a server does not refuse it for that: the vote may be the one that is needed", () => {
		const stranger = server({ terms: [1] });
		expect(stranger.vote(9, "d", { index: 2, term: 1 }).success).toBe(false);
		expect(stranger.vote(9, "d", { index: 3, term: 1 }).success).toBe(true);
		expect(server({ terms: [1] }).vote(9, "d", { index: 2, term: 2 }).success).toBe(true);
	});

	it("a server without a configuration starts no election", () => {
		const raft = new Raft(
			{
				self: peer("a"),
				timings,
				limits: { appendEntriesMax: 64, appendBytesMax: 1024, inFlightMax: 4 },
				random: fakeRandom(1),
				rules: raftRules,
			},
			{ hardState: { term: 0, votedFor: undefined }, entries: [], snapshot: undefined },
			0,
		);
		raft.tick(100_000);
		expect(raft.role).toBe("follower");
		expect(raft.takeBatch()).toBeUndefined();
	});
});

describe("§8 client interaction", () => {
	it("a leader begins with a no-op; a read waits for it", () => {
		const cluster = new Cluster();
		cluster.bootstrap(voterConfiguration("a", "b", "c"));
		cluster.timeout("a");
		cluster.deliver(8);
		const { raft } = cluster.node("a");
		expect(raft.entryAt(2)).toMatchObject({ type: "no-op", term: 2 });
		raft.askLeadership("read");
		cluster.settle(cluster.node("a"));
		cluster.deliver();
		expect(cluster.transcript).toContain("a may read read at 2");
	});

	it("answers from before the question prove nothing", () => {
		const cluster = new Cluster();
		cluster.bootstrap(voterConfiguration("a", "b", "c"));
		cluster.timeout("a");
		cluster.deliver();
		const a = cluster.node("a");
		cluster.tick("a", 150);
		// Heartbeats have been sent; their answers are on their way when the question comes.
		cluster.deliver(undefined, (message) => message.kind === "request");
		a.raft.askLeadership("read");
		cluster.settle(a);
		cluster.deliver(undefined, (message) => message.kind === "response");
		expect(cluster.transcript.some((line) => line.includes("may read"))).toBe(false);
		cluster.deliver();
		expect(cluster.transcript.some((line) => line.includes("may read"))).toBe(true);
	});
});

it("a wiped follower is filled again", () => {
	const cluster = new Cluster();
	cluster.bootstrap(voterConfiguration("a", "b", "c"));
	cluster.timeout("a");
	cluster.deliver();
	for (const value of ["x", "y", "z"]) cluster.propose("a", value);
	cluster.deliver();
	cluster.crash("c");
	cluster.boot("c", { hardState: { term: 0, votedFor: undefined }, entries: [], snapshot: undefined });
	cluster.tick("a", 200);
	cluster.deliver();
	cluster.propose("a", "w");
	cluster.deliver();
	cluster.tick("a", 60);
	cluster.deliver();
	expect(cluster.node("c").applied).toEqual(["x", "y", "z", "w"]);
});
