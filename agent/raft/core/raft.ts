import { assert } from "../../../lib/errors.ts";
import { assertValid, type MembershipChange } from "./configuration.ts";
import { noLeaderHere, transferring } from "./core-errors.ts";
import {
	electionTimeout,
	hardStateStored,
	preVoteRequested,
	startElection,
	voteAnswered,
	voteRequested,
} from "./election.ts";
import {
	appendRequested,
	snapshotInstalled,
	snapshotNeeded,
	snapshotNotNeeded,
	snapshotRequested,
} from "./follower.ts";
import {
	advanceCommit,
	appendOwn,
	checkLease,
	leaderAnswered,
	leaderCallFailed,
	leaderStep,
	leaseEndMs,
} from "./leader.ts";
import { changeMembership } from "./membership.ts";
import {
	answer,
	appendEntry,
	becomeFollower,
	configurationIndexOf,
	configurationOf,
	createState,
	isOnlyVoter,
	otherServers,
	type RaftOptions,
	type RaftState,
	type Restored,
	response,
	startFirstElectionTimer,
} from "./state.ts";
import { startTransfer } from "./transfer.ts";
import type {
	Batch,
	Configuration,
	Entry,
	Output,
	Peer,
	Request,
	Response,
	Role,
	SnapshotMeta,
	SnapshotRequest,
} from "./types.ts";
import { askLeadership } from "./verify.ts";

/** So many at once: forgetting has its price, and so have objects that the garbage collector finds alive several times. */
const entriesKeptAlone = 256;

/**
 * The Raft algorithm without clock, network and disk. Whoever runs it
 *
 * 1. tells it what happens (`tick`, `receive`, `answered`, `callFailed`, `propose` and so on),
 * 2. acts on `takeOutputs()` at once,
 * 3. takes a batch (`takeBatch`), makes it durable, acts on its outputs and says `batchStored`, one batch at a time,
 * 4. applies the entries through `commitIndex` in order, and
 * 5. calls `tick` again at `nextDueMs()`.
 *
 * A broken invariant throws: the server has to stop.
 */
export class Raft {
	readonly #state: RaftState;
	#batchOut: Batch | undefined;

	constructor(options: RaftOptions, restored: Restored, nowMs: number) {
		this.#state = createState(options, restored);
		this.#state.nowMs = nowMs;
		startFirstElectionTimer(this.#state);
	}

	get role(): Role {
		return this.#state.role;
	}

	get term(): number {
		return this.#state.term;
	}

	/** As far as known; the server itself while it leads. */
	get leader(): Peer | undefined {
		return this.#state.leader;
	}

	/** The entry with which this leadership began: what was committed before is applied when it is. */
	get leadingSinceIndex(): number | undefined {
		return this.#state.leading?.firstIndex;
	}

	/** Monotonic; undefined when no leader was ever heard of. */
	get lastContactMs(): number | undefined {
		return this.#state.lastContactMs;
	}

	get commitIndex(): number {
		return this.#state.commitIndex;
	}

	get lastIndex(): number {
		return this.#state.entries.lastIndex;
	}

	/** Entries at or below are only in the snapshot. */
	get compactedIndex(): number {
		return this.#state.entries.compactedIndex;
	}

	/** Bytes of commands that the log holds in memory. */
	get logSizeBytes(): number {
		return this.#state.entries.sizeBytes;
	}

	get snapshot(): SnapshotMeta | undefined {
		return this.#state.snapshot;
	}

	/** In force, committed or not. */
	get configuration(): Configuration {
		return configurationOf(this.#state);
	}

	get configurationIndex(): number {
		return configurationIndexOf(this.#state);
	}

	/** The newest one that is committed; what a snapshot is written with. */
	get committedConfiguration(): { readonly index: number; readonly configuration: Configuration } {
		const [committed] = this.#state.configurations;
		assert(committed !== undefined, "there is always a committed configuration");
		return committed;
	}

	entryAt(index: number): Entry | undefined {
		return this.#state.entries.at(index);
	}

	termAt(index: number): number | undefined {
		return this.#state.entries.termAt(index);
	}

	/** Of each follower of this leader: through where its log is known, and when it last answered. */
	followers(): readonly { readonly id: string; readonly matchIndex: number; readonly lastContactMs: number }[] {
		const { leading } = this.#state;
		return [...(leading?.progress ?? [])].map(([id, { matchIndex, lastAckSentAtMs }]) => ({
			id,
			matchIndex,
			lastContactMs: lastAckSentAtMs,
		}));
	}

	tick(nowMs: number): void {
		const state = this.#state;
		assert(nowMs >= state.nowMs, "time does not go back");
		state.nowMs = nowMs;
		if (state.leading !== undefined) checkLease(state);
		else if (nowMs >= state.electionDueMs) electionTimeout(state);
	}

	/** When `tick` has something to do. */
	nextDueMs(): number {
		const state = this.#state;
		const { leading } = state;
		if (leading === undefined) return state.electionDueMs;
		let dueMs = Math.min(leaseEndMs(state) + 1, leading.transfer?.dueMs ?? Number.POSITIVE_INFINITY);
		for (const server of otherServers(state)) {
			const progress = leading.progress.get(server.id);
			if (progress === undefined) continue;
			dueMs = Math.min(dueMs, progress.heartbeatDueMs);
			if (progress.retryAtMs > state.nowMs) dueMs = Math.min(dueMs, progress.retryAtMs);
			const { tellCommitAtMs = 0 } = progress;
			if (tellCommitAtMs > state.nowMs) dueMs = Math.min(dueMs, tellCommitAtMs);
		}
		return dueMs;
	}

	/**
	 * Makes the configuration the log's first entry (each server of a new cluster begins with the same). False, and
	 * nothing done, when there is a log or a term already. Fails with `CONFIGURATION_INVALID`.
	 */
	bootstrap(configuration: Configuration): boolean {
		const state = this.#state;
		if (state.term > 0 || state.entries.lastIndex > 0) return false;
		assertValid(configuration);
		becomeFollower(state, 1);
		appendEntry(state, { index: 1, term: 1, type: "configuration", data: new Uint8Array(), configuration });
		if (isOnlyVoter(state)) startFirstElectionTimer(state);
		return true;
	}

	/** From another server; what comes of it is an `answer` or `install` output with this token. */
	receive(request: Request, token: unknown): void {
		const state = this.#state;
		switch (request.kind) {
			case "append":
				appendRequested(state, request, token);
				return;
			case "vote":
				voteRequested(state, request, token);
				return;
			case "pre-vote":
				preVoteRequested(state, request, token);
				return;
			case "snapshot":
				snapshotRequested(state, request, token);
				return;
			case "timeout-now":
				// Thesis §3.10: without pre-vote and without waiting; voters are told why.
				if (state.role === "follower") startElection(state, true);
				answer(state, token, response(state, true));
				return;
		}
	}

	answered(callId: number, given: Response): void {
		const context = this.#state.calls.get(callId);
		if (context === undefined) return;
		this.#state.calls.delete(callId);
		switch (context.call.request.kind) {
			case "append":
			case "snapshot":
				leaderAnswered(this.#state, context, given);
				return;
			case "vote":
			case "pre-vote":
				voteAnswered(this.#state, context, given);
				return;
			case "timeout-now":
				return;
		}
	}

	/** No answer will come (time over, connection lost). */
	callFailed(callId: number): void {
		const context = this.#state.calls.get(callId);
		if (context === undefined) return;
		this.#state.calls.delete(callId);
		leaderCallFailed(this.#state, context);
	}

	/** Appends to the leader's log and gives the index. Fails with `NO_LEADER`, `LEADERSHIP_TRANSFERRING`. */
	propose(type: "command" | "barrier" | "restore", data: Uint8Array): number {
		const { leading } = this.#state;
		if (leading === undefined) throw noLeaderHere();
		if (leading.transfer !== undefined) throw transferring();
		return appendOwn(this.#state, { type, data });
	}

	/** `previousIndex` 0, or that of the configuration which the change is meant for. Errors: see `membership.ts`. */
	changeMembership(change: MembershipChange, previousIndex = 0): number {
		return changeMembership(this.#state, change, previousIndex);
	}

	/** To `target`, or to whoever has most of the log. A `transferred` output follows. Errors: see `transfer.ts`. */
	transferLeadership(target: string | undefined, token: unknown): void {
		startTransfer(this.#state, target, token);
	}

	/** A `verified` or `not-leader` output with this token follows. */
	askLeadership(token: unknown): void {
		askLeadership(this.#state, token);
	}

	/** A snapshot of this server's own state through `meta.index` is durable; entries through `compactIndex` may go (`compactedIndex` did). */
	snapshotTaken(meta: SnapshotMeta, compactIndex: number): void {
		assert(meta.index <= this.#state.commitIndex && compactIndex <= meta.index, "a snapshot holds what is committed");
		if (meta.index <= (this.#state.snapshot?.index ?? 0)) return;
		this.#state.snapshot = meta;
		if (this.#state.leading !== undefined) this.#state.leading.snapshotWanted = false;
		// What the own disk does not hold yet is still to be written to it.
		this.#state.entries.compact(Math.min(compactIndex, this.#state.entries.durableIndex));
	}

	/** The snapshot of an `install` output is durable, and the state machine has it. */
	installed(token: unknown, { snapshot }: SnapshotRequest): void {
		snapshotInstalled(this.#state, snapshot);
		answer(this.#state, token, response(this.#state, true));
	}

	/** False when the log has overtaken the snapshot of an `install` output, which then has its answer. */
	stillNeeded(token: unknown, { snapshot }: SnapshotRequest): boolean {
		const needed = snapshotNeeded(this.#state, snapshot);
		if (!needed) snapshotNotNeeded(this.#state, snapshot, token);
		return needed;
	}

	/** The snapshot did not arrive whole, or cannot be read. */
	installFailed(token: unknown): void {
		answer(this.#state, token, response(this.#state, false));
	}

	/** Without it a follower cannot be sent what it lacks; `snapshotTaken` follows. */
	get snapshotWanted(): boolean {
		return this.#state.leading?.snapshotWanted === true;
	}

	/**
	 * Everything through `appliedIndex` is applied: a leader without followers does not hold it in memory any more. Should somebody
	 * come, a snapshot is taken first (`snapshotWanted`).
	 */
	forgetApplied(appliedIndex: number): void {
		const { leading, entries } = this.#state;
		const alone = leading?.progress.size === 0;
		if (alone && appliedIndex - entries.compactedIndex >= entriesKeptAlone)
			entries.compact(Math.min(appliedIndex, entries.durableIndex));
	}

	takeOutputs(): Output[] {
		if (this.#state.leading !== undefined) leaderStep(this.#state);
		const { outputs } = this.#state;
		this.#state.outputs = [];
		return outputs;
	}

	/** Undefined while there is nothing to store, or the former batch is not stored yet. */
	takeBatch(): Batch | undefined {
		const state = this.#state;
		if (this.#batchOut !== undefined) return undefined;
		const hardStateDue = !state.hardStateDurable && !state.hardStateTaken;
		if (!hardStateDue && !state.entries.hasUnstored && state.outputsAfterStore.length === 0) return undefined;
		const batch: Batch = {
			hardState: hardStateDue ? { term: state.term, votedFor: state.votedFor } : undefined,
			entries: state.entries.takeUnstored(),
			outputs: state.outputsAfterStore,
		};
		if (hardStateDue) state.hardStateTaken = true;
		state.outputsAfterStore = [];
		this.#batchOut = batch;
		return batch;
	}

	batchStored(batch: Batch): void {
		const state = this.#state;
		assert(this.#batchOut === batch, "batches are stored one by one");
		this.#batchOut = undefined;
		const last = batch.entries.at(-1);
		if (last !== undefined) state.entries.stored(last.index);
		const { hardState } = batch;
		if (hardState !== undefined && hardState.term === state.term && hardState.votedFor === state.votedFor) {
			state.hardStateDurable = true;
			hardStateStored(state);
		}
		if (state.leading !== undefined) advanceCommit(state);
	}
}
