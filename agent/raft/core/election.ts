import { isVoter, serverOf } from "./configuration.ts";
import { becomeLeader } from "./leader.ts";
import { isMajority } from "./rules.ts";
import {
	answer,
	becomeFollower,
	type CallContext,
	configurationOf,
	hardStateChanged,
	isOnlyVoter,
	leaveRole,
	otherServers,
	type RaftState,
	response,
	send,
	startElectionTimer,
	voterCount,
} from "./state.ts";
import type { Position, PreVoteRequest, Response, VoteRequest } from "./types.ts";

/** The election timer of a follower or candidate has run out. */
export function electionTimeout(state: RaftState): void {
	if (isVoter(configurationOf(state), state.options.self.id)) startPreVote(state);
	else {
		// Also a server that was never told of a cluster: it waits to be.
		state.leader = undefined;
		startElectionTimer(state, state.options.timings.heartbeatTimeoutMs);
	}
}

/** Thesis §9.6: asks first whether an election could be won, so that a server that was cut off disturbs nobody with its term. */
function startPreVote(state: RaftState): void {
	const { self, timings } = state.options;
	if (state.role !== "pre-candidate") leaveRole(state);
	state.role = "pre-candidate";
	state.leader = undefined;
	state.votes.add(self.id);
	// Asked again soon, since it costs nothing: others may have given up the leader meanwhile.
	startElectionTimer(state, timings.electionTimeoutMs / 4);
	if (isMajority(1, voterCount(state))) {
		startElection(state, false);
		return;
	}
	const request: PreVoteRequest = { kind: "pre-vote", term: state.term + 1, from: self, last: state.entries.last };
	for (const server of otherServers(state))
		if (server.voter) send(state, server, request, { timeoutMs: timings.electionTimeoutMs });
}

/** Raft §5.2. The own vote counts when it is durable (`hardStateStored`); the requests leave after it. */
export function startElection(state: RaftState, leadershipTransfer: boolean): void {
	const { self, timings } = state.options;
	leaveRole(state);
	state.role = "candidate";
	state.leader = undefined;
	state.term++;
	state.votedFor = self.id;
	hardStateChanged(state);
	startElectionTimer(state, timings.electionTimeoutMs);
	const request: VoteRequest = {
		kind: "vote",
		term: state.term,
		from: self,
		last: state.entries.last,
		leadershipTransfer,
	};
	for (const server of otherServers(state))
		if (server.voter) send(state, server, request, { timeoutMs: timings.electionTimeoutMs, afterStore: true });
}

/** Term and vote are durable: a candidate's vote for itself counts now. */
export function hardStateStored(state: RaftState): void {
	if (state.role === "candidate" && state.votedFor === state.options.self.id) grantedBy(state, state.options.self.id);
}

export function voteAnswered(state: RaftState, { call }: CallContext, { term, success }: Response): void {
	const expected = call.request.kind === "vote" ? "candidate" : "pre-candidate";
	if (!success && term > state.term) becomeFollower(state, term);
	else if (success && state.role === expected) grantedBy(state, call.to.id);
}

function grantedBy(state: RaftState, id: string): void {
	if (!isVoter(configurationOf(state), id)) return;
	state.votes.add(id);
	if (!isMajority(state.votes.size, voterCount(state))) return;
	if (state.role === "pre-candidate") startElection(state, false);
	else becomeLeader(state);
}

/** Raft figure 2, RequestVote, with the reference's order of refusals. */
export function voteRequested(state: RaftState, request: VoteRequest, token: unknown): void {
	const granted = grants(state, request);
	if (granted) startElectionTimer(state, state.options.timings.heartbeatTimeoutMs);
	answer(state, token, response(state, granted));
}

function grants(state: RaftState, { from, term, last, leadershipTransfer }: VoteRequest): boolean {
	if (!mayAsk(state, from.id, last) || (followsAnother(state, from.id) && !leadershipTransfer)) return false;
	if (term < state.term) return false;
	if (term > state.term) becomeFollower(state, term);
	if (!mayLead(state, from.id, last)) return false;
	// One vote per term (§5.2), and none for a log that lacks what may be committed (§5.4.1).
	if (state.votedFor !== undefined && state.votedFor !== from.id) return false;
	if (!state.options.rules.upToDate(last, state.entries.last)) return false;
	if (state.votedFor === undefined) {
		state.votedFor = from.id;
		hardStateChanged(state);
	}
	return true;
}

/** The same questions as for a vote; nothing is stored and no timer set. */
export function preVoteRequested(state: RaftState, request: PreVoteRequest, token: unknown): void {
	const { from, term, last } = request;
	const granted =
		mayAsk(state, from.id, last) &&
		!followsAnother(state, from.id) &&
		term >= state.term &&
		mayLead(state, from.id, last) &&
		state.options.rules.upToDate(last, state.entries.last);
	// As the reference, a later term is repeated in the answer without being taken.
	const answered = response(state, granted);
	answer(state, token, { ...answered, term: granted ? Math.max(term, state.term) : state.term });
}

/**
 * Thesis §4.2.3: a server that was removed must not disturb. A server without a configuration cannot tell, and neither can one whose
 * log ends before the candidate's: what it lacks may have given the candidate its vote, and its own may be the one that is needed (§4.1;
 * the reference refuses here, and such a cluster never has a leader again).
 */
function mayAsk(state: RaftState, id: string, last: Position): boolean {
	const configuration = configurationOf(state);
	return configuration.servers.length === 0 || serverOf(configuration, id) !== undefined || isAhead(state, last);
}

function mayLead(state: RaftState, id: string, last: Position): boolean {
	const configuration = configurationOf(state);
	return configuration.servers.length === 0 || isVoter(configuration, id) || isAhead(state, last);
}

/** Nobody is ahead of the only voter but another cluster. */
function isAhead(state: RaftState, { index, term }: Position): boolean {
	const { last } = state.entries;
	return !isOnlyVoter(state) && (term > last.term || (term === last.term && index > last.index));
}

/** Thesis §4.2.3: within the shortest time after which a follower may give up the leader it has heard from. */
function followsAnother(state: RaftState, candidate: string): boolean {
	if (state.leading !== undefined) return true;
	if (state.leader === undefined || state.leader.id === candidate) return false;
	return state.nowMs - (state.lastContactMs ?? 0) < state.options.timings.heartbeatTimeoutMs;
}
