import { assert } from "../../../lib/errors.ts";
import {
	answer,
	appendEntry,
	becomeFollower,
	commitThrough,
	isOnlyVoter,
	type RaftState,
	response,
	startElectionTimer,
	truncateFrom,
} from "./state.ts";
import type { AppendRequest, Peer, SnapshotMeta, SnapshotRequest } from "./types.ts";

/** Raft figure 2, AppendEntries. */
export function appendRequested(state: RaftState, request: AppendRequest, token: unknown): void {
	if (!heardFromLeader(state, request.term, request.from)) answer(state, token, response(state, false));
	// A heartbeat says nothing of the log, and is answered while the disk is busy.
	else if (isHeartbeat(request)) answer(state, token, response(state, true));
	else if (!agreesAt(state, request)) answer(state, token, response(state, false, true));
	else {
		const lastNewIndex = request.previous.index + request.entries.length;
		store(state, request);
		const { rules } = state.options;
		commitThrough(state, rules.followerCommitIndex(request.commitIndex, lastNewIndex, state.entries.lastIndex));
		answer(state, token, response(state, true), lastNewIndex);
	}
}

/** Raft figure 13, with the data as a stream of its own: a snapshot that tells nothing new is answered at once. */
export function snapshotRequested(state: RaftState, request: SnapshotRequest, token: unknown): void {
	if (!heardFromLeader(state, request.term, request.from)) answer(state, token, response(state, false));
	else if (snapshotNeeded(state, request.snapshot)) state.outputs.push({ kind: "install", token, request });
	else snapshotNotNeeded(state, request.snapshot, token);
}

/** §7: a log that holds the snapshot's last entry holds all of it, and keeps what follows (it may be committed already). */
export function snapshotNeeded(state: RaftState, { index, term }: SnapshotMeta): boolean {
	return index > state.commitIndex && state.entries.termAt(index) !== term;
}

export function snapshotNotNeeded(state: RaftState, { index }: SnapshotMeta, token: unknown): void {
	commitThrough(state, index);
	answer(state, token, response(state, true), Math.min(index, state.entries.lastIndex));
}

/** The snapshot is durable and the state machine has it. */
export function snapshotInstalled(state: RaftState, snapshot: SnapshotMeta): void {
	assert(snapshotNeeded(state, snapshot), "a snapshot is installed only if it is ahead");
	state.entries.reset(snapshot);
	state.snapshot = snapshot;
	state.commitIndex = snapshot.index;
	state.configurations = [{ index: snapshot.configurationIndex, configuration: snapshot.configuration }];
}

/** Whether the sender leads our term; then it is the leader. */
function heardFromLeader(state: RaftState, term: number, from: Peer): boolean {
	// Another cluster's leader, or one of before `peers.json`: to follow it would be to give up what was promised here.
	if (term < state.term || isOnlyVoter(state)) return false;
	assert(!(state.role === "leader" && term === state.term), `two leaders in term ${term} (Raft §5.2, election safety)`);
	if (term > state.term || state.role !== "follower") becomeFollower(state, term);
	assert(
		state.leader === undefined || state.leader.id === from.id,
		`two leaders in term ${term} (Raft §5.2, election safety)`,
	);
	state.leader = from;
	state.lastContactMs = state.nowMs;
	startElectionTimer(state, state.options.timings.heartbeatTimeoutMs);
	return true;
}

export function isHeartbeat({ previous, entries, commitIndex }: AppendRequest): boolean {
	return previous.index === 0 && entries.length === 0 && commitIndex === 0;
}

/** Raft §5.3, consistency check. What is committed here is the same in the log of every later leader. */
function agreesAt(state: RaftState, { previous }: AppendRequest): boolean {
	return previous.index <= state.commitIndex || state.entries.termAt(previous.index) === previous.term;
}

/** Only a difference removes entries: a late call must not shorten the log (§5.3, figure 2: "if an existing entry conflicts"). */
function store(state: RaftState, { entries }: AppendRequest): void {
	for (const entry of entries) {
		if (entry.index <= state.commitIndex) continue;
		const present = state.entries.termAt(entry.index);
		if (present === entry.term) continue;
		if (present !== undefined) truncateFrom(state, entry.index);
		appendEntry(state, entry);
	}
}
