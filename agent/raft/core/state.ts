import type { Random } from "../../../lib/env/index.ts";
import { assert } from "../../../lib/errors.ts";
import { noServers, voters } from "./configuration.ts";
import { Entries } from "./entries.ts";
import type { LeaderState } from "./leader-state.ts";
import type { Rules } from "./rules.ts";
import type {
	Call,
	Configuration,
	Entry,
	HardState,
	Output,
	Peer,
	Request,
	Response,
	Role,
	Server,
	SnapshotMeta,
} from "./types.ts";

export interface Timings {
	/** Without a word from the leader for this long, up to twice as long (by chance), a follower looks for another. */
	readonly heartbeatTimeoutMs: number;
	/** A candidate starts over after this long, up to twice as long. */
	readonly electionTimeoutMs: number;
	/** A leader that has not heard from a majority for this long steps down. */
	readonly leaderLeaseTimeoutMs: number;
	/** Followers hear of a commit this much later at the latest, when no entries carry it. */
	readonly commitTimeoutMs: number;
	/** Of calls that carry entries; the others are given up after the election time-out. */
	readonly callTimeoutMs: number;
}

export interface Limits {
	/** In one call. */
	readonly appendEntriesMax: number;
	/** In one call that has more than one entry. */
	readonly appendBytesMax: number;
	/** Calls with entries on their way to one follower; then it waits for answers. */
	readonly inFlightMax: number;
}

export interface RaftOptions {
	readonly self: Peer;
	readonly timings: Timings;
	readonly limits: Limits;
	readonly random: Random;
	readonly rules: Rules;
}

/** What was found on the disk. */
export interface Restored {
	readonly hardState: HardState;
	readonly snapshot: SnapshotMeta | undefined;
	/** Without gap; may begin before the snapshot's end, but not after it. */
	readonly entries: readonly Entry[];
}

interface IndexedConfiguration {
	readonly index: number;
	readonly configuration: Configuration;
}

/** Everything that a server knows; changed only by the functions of this folder. */
export interface RaftState {
	readonly options: RaftOptions;
	nowMs: number;
	role: Role;
	term: number;
	votedFor: string | undefined;
	/** Whether the disk holds term and vote as they are. */
	hardStateDurable: boolean;
	hardStateTaken: boolean;
	leader: Peer | undefined;
	/** When the leader of this term was last heard of. */
	lastContactMs: number | undefined;
	entries: Entries;
	snapshot: SnapshotMeta | undefined;
	commitIndex: number;
	/** Ascending; the first is committed, the last is in force (Raft §6: as soon as it is stored). */
	configurations: IndexedConfiguration[];
	electionDueMs: number;
	/** Who granted a vote or pre-vote in the current election. */
	votes: Set<string>;
	leading: LeaderState | undefined;
	/** Calls whose outcome still matters. */
	readonly calls: Map<number, CallContext>;
	nextCallId: number;
	/** To be acted on at once. */
	outputs: Output[];
	/** To be acted on when what changed so far is durable. */
	outputsAfterStore: Output[];
}

export interface CallContext {
	readonly call: Call;
	readonly sentAtMs: number;
	/** Of leadership questions, see `verify.ts`. */
	readonly round: number;
}

export function createState(options: RaftOptions, restored: Restored): RaftState {
	const { hardState, snapshot, entries } = restored;
	const first = entries[0];
	const before = (first?.index ?? (snapshot?.index ?? 0) + 1) - 1;
	assert(before <= (snapshot?.index ?? 0), "no gap between snapshot and log");
	const term = before === 0 ? 0 : before === snapshot?.index ? snapshot.term : undefined;
	const state: RaftState = {
		options,
		nowMs: 0,
		role: "follower",
		...hardState,
		hardStateDurable: true,
		hardStateTaken: false,
		leader: undefined,
		lastContactMs: undefined,
		entries: new Entries({ index: before, term }, entries),
		snapshot,
		commitIndex: snapshot?.index ?? 0,
		configurations: [{ index: snapshot?.configurationIndex ?? 0, configuration: snapshot?.configuration ?? noServers }],
		electionDueMs: 0,
		votes: new Set(),
		leading: undefined,
		calls: new Map(),
		nextCallId: 1,
		outputs: [],
		outputsAfterStore: [],
	};
	for (const entry of entries) if (entry.index > state.commitIndex) noteConfiguration(state, entry);
	assert(state.entries.last.term <= state.term, "the log holds no entry of a later term than the server has seen");
	return state;
}

export function configurationOf(state: RaftState): Configuration {
	return (state.configurations.at(-1) as IndexedConfiguration).configuration;
}

export function configurationIndexOf(state: RaftState): number {
	return (state.configurations.at(-1) as IndexedConfiguration).index;
}

export function otherServers(state: RaftState): Server[] {
	return configurationOf(state).servers.filter(({ id }) => id !== state.options.self.id);
}

export function voterCount(state: RaftState): number {
	return voters(configurationOf(state)).length;
}

/**
 * Nobody else can lead: whoever may vote beside this server was given the vote by an entry that this server has stored (thesis §4.1).
 */
export function isOnlyVoter(state: RaftState): boolean {
	const [voter, another] = voters(configurationOf(state));
	return voter?.id === state.options.self.id && another === undefined;
}

/** Adds to the log; what it configures is in force at once. */
export function appendEntry(state: RaftState, entry: Entry): void {
	state.entries.append(entry);
	noteConfiguration(state, entry);
}

function noteConfiguration(state: RaftState, { index, configuration }: Entry): void {
	if (configuration !== undefined) state.configurations.push({ index, configuration });
}

/** Drops entries from `index` on and falls back to the configuration before them. */
export function truncateFrom(state: RaftState, index: number): void {
	assert(index > state.commitIndex, "committed entries are never removed (Raft figure 3, leader completeness)");
	state.entries.truncateFrom(index);
	state.configurations = state.configurations.filter((each, at) => at === 0 || each.index < index);
}

export function commitThrough(state: RaftState, index: number): void {
	if (index <= state.commitIndex) return;
	assert(index <= state.entries.lastIndex, "only what is in the log is committed");
	state.commitIndex = index;
	while ((state.configurations[1]?.index ?? Number.POSITIVE_INFINITY) <= index) state.configurations.shift();
}

/** Takes over a term (if it is later) and stops leading or running for leader. */
export function becomeFollower(state: RaftState, term: number): void {
	assert(term >= state.term, "terms never decrease");
	if (term > state.term) {
		state.term = term;
		state.votedFor = undefined;
		hardStateChanged(state);
		state.leader = undefined;
	}
	leaveRole(state);
	// A follower's timer runs on: only a leader's word or a granted vote resets it (Raft §5.2).
	if (state.role !== "follower") startElectionTimer(state, state.options.timings.heartbeatTimeoutMs);
	state.role = "follower";
}

/** Answers to calls of the former role mean nothing any more; who asked for leadership is told. */
export function leaveRole(state: RaftState): void {
	state.calls.clear();
	state.votes = new Set();
	if (state.leading !== undefined) {
		for (const { token } of state.leading.questions) state.outputs.push({ kind: "not-leader", token });
		const { transfer } = state.leading;
		if (transfer !== undefined)
			state.outputs.push({ kind: "transferred", token: transfer.token, success: transfer.timeoutNowSent });
		state.leading = undefined;
		state.leader = undefined;
	}
}

export function hardStateChanged(state: RaftState): void {
	state.hardStateDurable = false;
	state.hardStateTaken = false;
}

/** Between the time-out and twice it: two servers rarely begin together (Raft §5.2). */
export function startElectionTimer(state: RaftState, timeoutMs: number): void {
	state.electionDueMs = state.nowMs + timeoutMs * (1 + state.options.random.next());
}

/** A server that begins: its timer, but none where there is nobody to wait for. */
export function startFirstElectionTimer(state: RaftState): void {
	startElectionTimer(state, state.options.timings.heartbeatTimeoutMs);
	if (isOnlyVoter(state)) state.electionDueMs = state.nowMs;
}

export function send(
	state: RaftState,
	to: Peer,
	request: Request,
	options: { readonly timeoutMs: number; readonly afterStore?: boolean; readonly round?: number },
): number {
	const call: Call = {
		id: state.nextCallId++,
		to: { id: to.id, address: to.address },
		request,
		timeoutMs: options.timeoutMs,
	};
	state.calls.set(call.id, { call, sentAtMs: state.nowMs, round: options.round ?? 0 });
	(options.afterStore === true ? state.outputsAfterStore : state.outputs).push({ kind: "call", call });
	return call.id;
}

/** Answers now when the disk already holds what the answer promises: term, vote and, where given, entries. */
export function answer(state: RaftState, token: unknown, response: Response, promisesIndex = 0): void {
	const durable = state.hardStateDurable && state.entries.durableIndex >= promisesIndex;
	(durable ? state.outputs : state.outputsAfterStore).push({ kind: "answer", token, response });
}

export function response(state: RaftState, success: boolean, noRetryBackoff = false): Response {
	return { term: state.term, success, lastIndex: state.entries.lastIndex, noRetryBackoff };
}
