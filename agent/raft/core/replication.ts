import { assert } from "../../../lib/errors.ts";
import type { Progress } from "./leader-state.ts";
import { type RaftState, send } from "./state.ts";
import type { AppendRequest, Peer, SnapshotRequest } from "./types.ts";

/** Sends entries that the follower lacks, as far as its mode allows, and news of commits. */
export function feed(state: RaftState, to: Peer, progress: Progress): void {
	const { limits } = state.options;
	const inFlightMax = () => (progress.mode === "probe" ? 1 : limits.inFlightMax);
	while (
		progress.mode !== "snapshot" &&
		state.nowMs >= progress.retryAtMs &&
		progress.inFlight.size < inFlightMax() &&
		(progress.nextIndex <= state.entries.lastIndex || commitNewsDue(state, progress))
	) {
		if (sendAppend(state, to, progress)) continue;
		if (!sendSnapshot(state, to, progress)) return;
	}
}

function commitNewsDue(state: RaftState, { toldCommitIndex, tellCommitAtMs }: Progress): boolean {
	return toldCommitIndex < state.commitIndex && tellCommitAtMs !== undefined && tellCommitAtMs <= state.nowMs;
}

/** False: what the follower needs is compacted. */
function sendAppend(state: RaftState, to: Peer, progress: Progress): boolean {
	const { limits, timings, self } = state.options;
	const index = progress.nextIndex - 1;
	const term = state.entries.termAt(index);
	if (term === undefined || index < state.entries.compactedIndex) return false;
	const entries = state.entries.slice(progress.nextIndex, limits.appendEntriesMax, limits.appendBytesMax);
	const { commitIndex } = state;
	const request: AppendRequest = {
		kind: "append",
		term: state.term,
		from: self,
		previous: { index, term },
		entries,
		commitIndex,
	};
	progress.inFlight.add(
		send(state, to, request, { timeoutMs: timings.callTimeoutMs, round: state.leading?.round ?? 0 }),
	);
	progress.toldCommitIndex = Math.max(progress.toldCommitIndex, commitIndex);
	progress.tellCommitAtMs = undefined;
	if (progress.mode === "pipeline") progress.nextIndex += entries.length;
	return true;
}

/**
 * Raft §7: for a follower that needs entries which are not in the log any more. False when there is none that holds them: a leader
 * that was alone forgot them early (`forgetApplied`), and has to take one.
 */
function sendSnapshot(state: RaftState, to: Peer, progress: Progress): boolean {
	const { snapshot, leading } = state;
	const { timings, self } = state.options;
	if (snapshot === undefined || snapshot.index < state.entries.compactedIndex) {
		assert(leading !== undefined, "only a leader sends snapshots");
		leading.snapshotWanted = true;
		return false;
	}
	dropInFlight(state, progress);
	progress.mode = "snapshot";
	const request: SnapshotRequest = { kind: "snapshot", term: state.term, from: self, snapshot };
	send(state, to, request, { timeoutMs: timings.callTimeoutMs, round: leading?.round ?? 0 });
	return true;
}

export function snapshotSent(state: RaftState, progress: Progress, request: SnapshotRequest, success: boolean): void {
	progress.mode = "probe";
	if (!success) {
		progress.retryAtMs = state.nowMs + state.options.timings.heartbeatTimeoutMs;
		return;
	}
	progress.failureCount = 0;
	progress.stepBack = 1;
	progress.matchIndex = Math.max(progress.matchIndex, request.snapshot.index);
	progress.nextIndex = progress.matchIndex + 1;
}

/** Raft §5.2: says that the leader lives; a random tenth to fifth of the time-out apart. */
export function heartbeat(state: RaftState, to: Peer, progress: Progress): void {
	if (state.nowMs < progress.heartbeatDueMs) return;
	const { timings, random, self } = state.options;
	progress.heartbeatDueMs = state.nowMs + (timings.heartbeatTimeoutMs / 10) * (1 + random.next());
	const request: AppendRequest = {
		kind: "append",
		term: state.term,
		from: self,
		previous: { index: 0, term: 0 },
		entries: [],
		commitIndex: 0,
	};
	send(state, to, request, { timeoutMs: timings.electionTimeoutMs, round: state.leading?.round ?? 0 });
}

/** Begins anew with one call at a time, after what is known to have arrived. */
export function dropInFlight(state: RaftState, progress: Progress): void {
	for (const id of progress.inFlight) state.calls.delete(id);
	progress.inFlight.clear();
	if (progress.mode === "pipeline") progress.nextIndex = progress.matchIndex + 1;
	if (progress.mode !== "snapshot") progress.mode = "probe";
	// News of a commit may have been among what is dropped.
	progress.toldCommitIndex = 0;
	progress.tellCommitAtMs ??= state.nowMs + state.options.timings.commitTimeoutMs;
}
