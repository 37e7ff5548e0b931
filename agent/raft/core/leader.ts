import { assert } from "../../../lib/errors.ts";
import { isVoter, voters } from "./configuration.ts";
import { isHeartbeat } from "./follower.ts";
import { newProgress, type Progress } from "./leader-state.ts";
import { dropInFlight, feed, heartbeat, snapshotSent } from "./replication.ts";
import { majorityValue } from "./rules.ts";
import {
	appendEntry,
	becomeFollower,
	type CallContext,
	commitThrough,
	configurationOf,
	leaveRole,
	otherServers,
	type RaftState,
} from "./state.ts";
import { transferStep } from "./transfer.ts";
import type { AppendRequest, Entry, EntryType, Response } from "./types.ts";
import { questionsStep } from "./verify.ts";

const empty = new Uint8Array();

/** Raft §5.2 and §8: a new leader says so at once, and appends an entry of its own term. */
export function becomeLeader(state: RaftState): void {
	leaveRole(state);
	state.role = "leader";
	state.leader = state.options.self;
	state.leading = {
		progress: new Map(),
		firstIndex: state.entries.lastIndex + 1,
		sinceMs: state.nowMs,
		questions: [],
		round: 0,
		transfer: undefined,
		snapshotWanted: false,
	};
	followServers(state, state.entries.lastIndex + 1);
	appendOwn(state, { type: "no-op", data: empty });
}

/** The next entry of the leader's log. */
export function appendOwn(
	state: RaftState,
	content: { readonly type: EntryType; readonly data: Uint8Array } & Partial<Pick<Entry, "configuration">>,
): number {
	const index = state.entries.lastIndex + 1;
	const { type, data, configuration } = content;
	const entry = { index, term: state.term, type, data };
	appendEntry(state, configuration === undefined ? entry : { ...entry, configuration });
	if (configuration !== undefined) followServers(state, index);
	return index;
}

/** There is a progress for each server of the configuration and for no other. */
function followServers(state: RaftState, nextIndex: number): void {
	const progress = progressOf(state);
	const others = otherServers(state);
	for (const { id } of others) if (!progress.has(id)) progress.set(id, newProgress(nextIndex, state.nowMs));
	for (const id of progress.keys()) if (!others.some((server) => server.id === id)) progress.delete(id);
}

/** Sends what is due to every follower; called whenever something may have changed. */
export function leaderStep(state: RaftState): void {
	questionsStep(state);
	transferStep(state);
	for (const server of otherServers(state)) {
		const progress = progressOf(state).get(server.id);
		assert(progress !== undefined, "every server of the configuration is followed");
		feed(state, server, progress);
		heartbeat(state, server, progress);
	}
}

/** When the majority was last known to follow: the time at which calls that they answered had been sent. */
function majorityContactMs(state: RaftState): number {
	const progress = progressOf(state);
	if (progress.size === 0) return state.nowMs;
	const { id: self } = state.options.self;
	return majorityValue(
		voters(configurationOf(state)).map(({ id }) =>
			id === self ? state.nowMs : (progress.get(id)?.lastAckSentAtMs ?? 0),
		),
	);
}

export function leaseEndMs(state: RaftState): number {
	return majorityContactMs(state) + state.options.timings.leaderLeaseTimeoutMs;
}

/** Thesis §6.2: a leader that cannot reach a majority steps down, so that clients look for another. */
export function checkLease(state: RaftState): void {
	if (state.nowMs > leaseEndMs(state)) becomeFollower(state, state.term);
}

/** Raft §5.3 and §5.4.2. */
export function advanceCommit(state: RaftState): void {
	const progress = progressOf(state);
	const { self, rules, timings } = state.options;
	const index = majorityValue(
		voters(configurationOf(state)).map(({ id }) =>
			id === self.id ? state.entries.durableIndex : (progress.get(id)?.matchIndex ?? 0),
		),
	);
	const term = state.entries.termAt(index);
	if (index <= state.commitIndex || term === undefined || !rules.commitsByCounting(term, state.term)) return;
	commitThrough(state, index);
	for (const each of progress.values()) each.tellCommitAtMs ??= state.nowMs + timings.commitTimeoutMs;
	// §6: a leader that is not in the new configuration steps down when it is committed.
	const configurationCommitted = state.configurations.length === 1;
	if (configurationCommitted && !isVoter(configurationOf(state), self.id)) becomeFollower(state, state.term);
}

export function leaderAnswered(state: RaftState, context: CallContext, response: Response): void {
	if (response.term > state.term) {
		becomeFollower(state, response.term);
		return;
	}
	const { request, to } = context.call;
	const progress = progressOf(state).get(to.id);
	if (progress === undefined) return;
	progress.lastAckSentAtMs = Math.max(progress.lastAckSentAtMs, context.sentAtMs);
	progress.ackedRound = Math.max(progress.ackedRound, context.round);
	if (request.kind === "append") appendAnswered(state, progress, context, request, response);
	else if (request.kind === "snapshot") snapshotSent(state, progress, request, response.success);
	if (state.leading !== undefined) advanceCommit(state);
}

function appendAnswered(
	state: RaftState,
	progress: Progress,
	context: CallContext,
	request: AppendRequest,
	response: Response,
): void {
	if (isHeartbeat(request)) {
		reachableAgain(state, progress);
		return;
	}
	progress.inFlight.delete(context.call.id);
	if (!response.success) {
		refused(state, progress, request, response);
		return;
	}
	const matched = request.previous.index + request.entries.length;
	progress.matchIndex = Math.max(progress.matchIndex, matched);
	progress.nextIndex = Math.max(progress.nextIndex, matched + 1);
	progress.failureCount = 0;
	progress.stepBack = 1;
	if (progress.mode === "probe") progress.mode = "pipeline";
}

/** Calls from before it could be reached again are most likely lost: no need to wait for their time-outs. */
function reachableAgain(state: RaftState, progress: Progress): void {
	if (progress.heartbeatFailureCount === 0) return;
	progress.heartbeatFailureCount = 0;
	progress.failureCount = 0;
	progress.retryAtMs = state.nowMs;
	if (progress.mode !== "snapshot") dropInFlight(state, progress);
}

/**
 * The logs differ at the place that was tried: an earlier one is (Raft §5.3), not after the follower's end. The protocol does
 * not tell where the follower's conflicting term begins, so the steps double.
 */
function refused(state: RaftState, progress: Progress, request: AppendRequest, response: Response): void {
	dropInFlight(state, progress);
	// A follower that has less than it once confirmed has lost its disk.
	if (response.lastIndex < progress.matchIndex) progress.matchIndex = 0;
	const tried = request.previous.index + 1;
	const next = Math.min(tried - progress.stepBack, response.lastIndex + 1);
	progress.nextIndex = Math.max(next, progress.matchIndex + 1);
	progress.stepBack *= 2;
	if (!response.noRetryBackoff || progress.nextIndex === tried) backOff(state, progress);
}

/** The call's outcome is unknown. */
export function leaderCallFailed(state: RaftState, { call }: CallContext): void {
	const leading = state.leading;
	const progress = leading?.progress.get(call.to.id);
	if (leading === undefined || progress === undefined) return;
	if (call.request.kind === "timeout-now") {
		if (leading.transfer?.target === call.to.id) leading.transfer.timeoutNowSent = false;
		return;
	}
	if (call.request.kind === "append" && isHeartbeat(call.request)) {
		progress.heartbeatFailureCount++;
		return;
	}
	if (call.request.kind === "snapshot") progress.mode = "probe";
	dropInFlight(state, progress);
	backOff(state, progress);
}

const backOffMsMin = 10;
const backOffMsMax = 1_000;

function backOff(state: RaftState, progress: Progress): void {
	progress.retryAtMs = state.nowMs + Math.min(backOffMsMax, backOffMsMin * 2 ** progress.failureCount);
	progress.failureCount = Math.min(progress.failureCount + 1, 10);
}

function progressOf(state: RaftState): Map<string, Progress> {
	assert(state.leading !== undefined, "only a leader follows the others' progress");
	return state.leading.progress;
}
