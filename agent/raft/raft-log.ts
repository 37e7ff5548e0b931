import { DiscoError } from "../../lib/errors.ts";
import type { Configuration, MembershipChange, Peer, Request, Response } from "./core/index.ts";
import {
	assertEntrySize,
	leadershipLost,
	logBusy,
	logClosed,
	logFailed,
	logNotStarted,
	noLeader,
} from "./log-errors.ts";
import { Proposals } from "./proposals.ts";
import { RaftLoop, type RaftLoopOptions, type Waiting } from "./raft-loop.ts";
import type { Committed, ForeignSnapshot, LogState, ReplicatedLog } from "./replicated-log.ts";
import { restoreCommands } from "./restore-entries.ts";

/** The log in memory may grow to this while it cannot be compacted; then `LOG_BUSY`. */
const logBytesMax = 512 * 1024 * 1024;

export interface RaftLogOptions<Result> extends RaftLoopOptions<Result> {
	/**
	 * This server leads and its state holds everything that was committed before, or no longer does: what looks at the state
	 * before it proposes may do so only in between.
	 */
	readonly onLeading?: (leading: boolean) => void;
	/** It was elected; its state may still be behind. */
	readonly onElected?: (term: number) => void;
}

/** The cluster as this server sees it. Indexes are the log's own. */
export interface ClusterView {
	readonly leader: Peer | undefined;
	readonly configuration: Configuration;
	readonly configurationIndex: number;
	readonly commitIndex: number;
	/** At the leader: how far each follower is, and how long ago it answered. */
	readonly followers: readonly { readonly id: string; readonly matchIndex: number; readonly silentMs: number }[];
}

/** A log that several servers agree on. Every promise it keeps is durable on a majority. */
export class RaftLog<Result> implements ReplicatedLog<Result> {
	readonly #options: RaftLogOptions<Result>;
	readonly #proposals = new Proposals<Result>();
	#loop: RaftLoop<Result> | undefined;
	#failure: DiscoError | undefined;
	#closing: Promise<void> | undefined;
	/** Term in which this server leads; 0 while it does not. */
	#leadingTerm = 0;
	/** Whether `onLeading` was told so. */
	#established = false;
	#startedMs = 0;
	#changes: { readonly index: number; readonly term: number; readonly waiting: Waiting }[] = [];

	constructor(options: RaftLogOptions<Result>) {
		this.#options = options;
	}

	/** The state is the newest snapshot's at first; what else is committed is known once there is a leader. */
	async start(): Promise<void> {
		const { clock, folder } = this.#options;
		this.#startedMs = clock.monotonicMs();
		try {
			this.#loop = await RaftLoop.start(this.#options, {
				proposals: this.#proposals,
				onStep: (failure) => this.#onStep(failure),
			});
		} catch (error) {
			throw error instanceof DiscoError ? error : logFailed(folder, error);
		}
	}

	/**
	 * Begins a cluster: to be called with the same configuration on each of its servers. False, and nothing done, on a server
	 * that has a log, or has heard of a term. Fails with `CONFIGURATION_INVALID`.
	 */
	bootstrap(configuration: Configuration): boolean {
		return this.#running().with((raft) => raft.bootstrap(configuration));
	}

	/** From another server. `state`: the bytes that follow a snapshot request. */
	async handle(request: Request, state?: AsyncIterable<Uint8Array>): Promise<Response> {
		const loop = this.#running();
		return new Promise((answer) => loop.handle(request, state, answer));
	}

	async propose(command: Uint8Array): Promise<Committed<Result>> {
		assertEntrySize(command);
		return this.#propose("command", command);
	}

	async barrier(): Promise<number> {
		const { index } = await this.#propose("barrier", new Uint8Array());
		return index;
	}

	async verifyLeader(): Promise<void> {
		const loop = this.#running();
		return new Promise((resolve, reject) =>
			loop.with((raft) => raft.askLeadership({ resolve, reject } satisfies Waiting)),
		);
	}

	async restore({ pieces, newestIndex, giveWay }: ForeignSnapshot): Promise<number> {
		let last = 0;
		for (const data of restoreCommands(pieces, newestIndex)) {
			({ index: last } = await this.#propose("restore", data));
			await giveWay();
		}
		return last;
	}

	/** Resolves with the change's index when it is committed. Errors: those of `core/membership.ts`, and `LEADERSHIP_LOST`. */
	async changeMembership(change: MembershipChange, previousIndex = 0): Promise<number> {
		const loop = this.#running();
		const index = loop.with((raft) => raft.changeMembership(change, previousIndex));
		const { term } = loop.raft;
		return new Promise((resolve, reject) => {
			this.#changes.push({ index, term, waiting: { resolve: () => resolve(index), reject } });
		});
	}

	/** Resolves when the target (without one: the best follower) has taken over. Fails with `TRANSFER_FAILED`, `TRANSFER_REFUSED`. */
	async transferLeadership(target?: string): Promise<void> {
		const loop = this.#running();
		return new Promise((resolve, reject) =>
			loop.with((raft) => raft.transferLeadership(target, { resolve, reject } satisfies Waiting)),
		);
	}

	state(): LogState {
		const loop = this.#loop;
		const alive = loop?.isRunning === true;
		const { clock } = this.#options;
		if (loop === undefined || !alive) {
			const role = this.#failure === undefined ? "stopped" : "failed";
			return { ...nothing, role, lastContactMs: clock.monotonicMs() - this.#startedMs };
		}
		const { raft, applier } = loop;
		const { indexOffset } = applier;
		const leading = raft.role === "leader";
		return {
			role: raft.role === "pre-candidate" ? "candidate" : raft.role,
			knownLeader: raft.leader !== undefined,
			lastContactMs: leading ? 0 : clock.monotonicMs() - (raft.lastContactMs ?? this.#startedMs),
			term: raft.term,
			lastIndex: raft.lastIndex + indexOffset,
			appliedIndex: applier.appliedIndex + indexOffset,
			snapshotIndex: raft.snapshot === undefined ? 0 : raft.snapshot.index + indexOffset,
			pendingCount: this.#proposals.count,
		};
	}

	cluster(): ClusterView {
		const { raft } = this.#running();
		const nowMs = this.#options.clock.monotonicMs();
		const followers = raft
			.followers()
			.map(({ id, matchIndex, lastContactMs }) => ({ id, matchIndex, silentMs: nowMs - lastContactMs }));
		const { leader, configuration, configurationIndex, commitIndex } = raft;
		return { leader, configuration, configurationIndex, commitIndex, followers };
	}

	/** For simulations: the log as it is in memory. */
	termAt(index: number): number | undefined {
		return this.#loop?.raft.termAt(index);
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		const closed = this.#loop?.close();
		this.#rejectAll(logClosed());
		await closed;
	}

	async #propose(type: "command" | "barrier" | "restore", data: Uint8Array): Promise<Committed<Result>> {
		const loop = this.#running();
		if (!this.#proposals.hasRoom(data.length) || loop.raft.logSizeBytes > logBytesMax)
			throw logBusy(this.#proposals.count);
		const index = loop.with((raft) => raft.propose(type, data));
		const { term } = loop.raft;
		return new Promise((resolve, reject) => {
			this.#proposals.add(index, { term, sizeBytes: data.length, resolve, reject });
		});
	}

	#onStep(failure: DiscoError | undefined): void {
		if (failure !== undefined) {
			this.#failure = failure;
			this.#rejectAll(failure);
			this.#leadingTerm = 0;
			this.#tellLeading(false);
			return;
		}
		const raft = this.#loop?.raft;
		if (raft === undefined) return;
		this.#settleChanges(raft.commitIndex);
		const leadingTerm = raft.role === "leader" ? raft.term : 0;
		if (leadingTerm !== this.#leadingTerm) {
			const led = this.#leadingTerm !== 0;
			this.#leadingTerm = leadingTerm;
			if (led) {
				this.#rejectDecisions(leadershipLost());
				this.#loop?.applier.rejectWaits(noLeader());
				this.#tellLeading(false);
			}
			if (leadingTerm !== 0) this.#options.onElected?.(leadingTerm);
		}
		const { leadingSinceIndex } = raft;
		const applied = this.#loop?.applier.appliedIndex ?? 0;
		if (leadingSinceIndex !== undefined && applied >= leadingSinceIndex) this.#tellLeading(true);
	}

	#tellLeading(leads: boolean): void {
		if (leads === this.#established) return;
		this.#established = leads;
		this.#options.onLeading?.(leads);
	}

	#settleChanges(commitIndex: number): void {
		if (this.#changes.length === 0) return;
		const due = this.#changes.filter(({ index }) => index <= commitIndex);
		this.#changes = this.#changes.filter(({ index }) => index > commitIndex);
		for (const { index, term, waiting } of due) {
			if (this.#loop?.raft.termAt(index) === term) waiting.resolve();
			else waiting.reject(leadershipLost());
		}
	}

	#rejectDecisions(error: DiscoError): void {
		this.#proposals.rejectAll(error);
		for (const { waiting } of this.#changes.splice(0)) waiting.reject(error);
	}

	#rejectAll(error: DiscoError): void {
		this.#rejectDecisions(error);
		this.#loop?.applier.rejectWaits(error);
	}

	#running(): RaftLoop<Result> {
		if (this.#failure !== undefined) throw this.#failure;
		if (this.#loop === undefined) throw logNotStarted();
		if (!this.#loop.isRunning) throw logClosed();
		return this.#loop;
	}
}

const nothing: Omit<LogState, "role" | "lastContactMs"> = {
	knownLeader: false,
	term: 0,
	lastIndex: 0,
	appliedIndex: 0,
	snapshotIndex: 0,
	pendingCount: 0,
};
