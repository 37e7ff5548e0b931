import type { Clock, Disk, Random, Timer } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { Applier } from "./applier.ts";
import type { SnapshotRequest, Timings } from "./core/index.ts";
import {
	type Call,
	type Output,
	type Peer,
	Raft,
	type Request,
	type Response,
	type Rules,
	raftRules,
} from "./core/index.ts";
import { logFailed, noLeader, transferFailed } from "./log-errors.ts";
import { Progress, type RecoveryProgress } from "./progress.ts";
import type { Proposals } from "./proposals.ts";
import { RaftStore, type SnapshotHead } from "./raft-store.ts";
import type { RaftTransport } from "./raft-transport.ts";
import { recoverPeers } from "./recover-peers.ts";
import type { StateMachine } from "./replicated-log.ts";
import { receiveState, stateStream } from "./state-stream.ts";
import { upgradeLocalLog } from "./upgrade-local.ts";

export interface RaftLoopOptions<Result> {
	readonly self: Peer;
	readonly clock: Clock;
	readonly disk: Disk;
	/** For the log alone, usually `DATA_DIR/raft`. */
	readonly folder: string;
	readonly random: Random;
	readonly machine: StateMachine<Result>;
	readonly transport: RaftTransport;
	readonly timings: Timings;
	/** A snapshot is taken after this many entries (default 16,384) or bytes of them (default 64 MiB), whichever comes first. */
	readonly snapshotAfterEntries?: number;
	readonly snapshotAfterBytes?: number;
	/** Entries kept beside a snapshot for followers that are a little behind (default 10,240). */
	readonly trailingEntries?: number;
	/** Only tests give others than the paper's. */
	readonly rules?: Rules;
	/** Told once, when the log stops for good because the disk or the state machine failed. */
	readonly onFailed?: (error: DiscoError) => void;
	/** A snapshot could not be written; the log goes on, longer than it should be. */
	readonly onSnapshotFailed?: (error: unknown) => void;
	/** Told each two seconds while a long log is read or applied. */
	readonly onProgress?: (progress: RecoveryProgress) => void;
}

/** In one call. */
const appendEntriesMax = 256;
/** In one call that has more than one entry. */
const appendBytesMax = 512 * 1024;
/**
 * Calls on their way to one follower. What is proposed while two are leaves with the next one: under load a call carries what many
 * clients wrote, which takes half the processor time of a call for each (measured with 64 clients).
 */
const inFlightMax = 2;

export interface Waiting {
	readonly resolve: () => void;
	readonly reject: (error: DiscoError) => void;
}

/** Where the outcome of a request goes. */
interface Asked {
	readonly answer: (response: Response) => void;
	/** Of a snapshot request. */
	readonly state: AsyncIterable<Uint8Array> | undefined;
}

interface ArrivedSnapshot {
	readonly asked: Asked;
	readonly request: SnapshotRequest;
	readonly head: SnapshotHead;
	readonly pieces: readonly Uint8Array[];
}

/**
 * The loop around the core: stores, then acts on what had to wait for it; applies what is committed; keeps time. After a
 * failure it is silent for good, so that nothing is promised which the disk does not hold.
 */
export class RaftLoop<Result> {
	readonly raft: Raft;
	readonly applier: Applier<Result>;
	readonly #options: RaftLoopOptions<Result>;
	readonly #store: RaftStore;
	/** Called after every step, and once with the error when it stops for good. */
	readonly #onStep: (failure: DiscoError | undefined) => void;
	#running = true;
	#poked = false;
	#storing: Promise<void> | undefined;
	#arrived: ArrivedSnapshot | undefined;
	#receiving = false;
	#installing = false;
	#timer: { readonly timer: Timer; readonly dueMs: number } | undefined;

	private constructor(
		options: RaftLoopOptions<Result>,
		parts: {
			readonly raft: Raft;
			readonly store: RaftStore;
			readonly head: SnapshotHead | undefined;
			readonly proposals: Proposals<Result>;
			readonly onStep: (failure: DiscoError | undefined) => void;
		},
	) {
		this.#options = options;
		this.#store = parts.store;
		this.#onStep = parts.onStep;
		this.raft = parts.raft;
		const onMore = () => this.poke();
		const onFailed = (error: unknown) => this.#fail(error);
		this.applier = new Applier({ ...options, ...parts, onMore, onFailed });
	}

	/** Fails as `ReplicatedLog.start` does, and with `PEERS_INVALID`. */
	static async start<Result>(
		options: RaftLoopOptions<Result>,
		parts: {
			readonly proposals: Proposals<Result>;
			readonly onStep: (failure: DiscoError | undefined) => void;
		},
	): Promise<RaftLoop<Result>> {
		const { self, timings, random, rules = raftRules, clock } = options;
		const reading = new Progress(clock, options.onProgress);
		const storeOptions = {
			...options,
			upgrade: () => upgradeLocalLog(options),
			giveWay: () => new Promise<void>((resolve) => void clock.after(0, resolve)),
			onRead: (entryCount: number) => reading.at({ stage: "read", entryCount }),
		};
		const open = () => RaftStore.open(storeOptions);
		const { store, restored, snapshot } = await recoverPeers(options, await open(), open);
		try {
			if (snapshot !== undefined) await options.machine.restore(snapshot.pieces);
			const limits = { appendEntriesMax, appendBytesMax, inFlightMax };
			const raft = new Raft({ self, timings, limits, random, rules }, restored, clock.monotonicMs());
			const loop = new RaftLoop(options, { ...parts, raft, store, head: snapshot?.head });
			loop.poke();
			return loop;
		} catch (error) {
			await store.close();
			throw error;
		}
	}

	get isRunning(): boolean {
		return this.#running;
	}

	/** Tells the core the time, then `act`, and acts on what comes of it. What `act` throws of its own is thrown on. */
	with<Value>(act: (raft: Raft) => Value): Value {
		this.raft.tick(this.#options.clock.monotonicMs());
		this.poke();
		return act(this.raft);
	}

	handle(request: Request, state: AsyncIterable<Uint8Array> | undefined, answer: (response: Response) => void): void {
		this.#guarded(() => {
			this.raft.tick(this.#options.clock.monotonicMs());
			const { term, lastIndex } = this.raft;
			// While the state is replaced the log may not change below it; the leader tries again.
			if (this.#installing && request.kind === "append" && request.entries.length > 0)
				answer({ term, success: false, lastIndex, noRetryBackoff: false });
			else this.raft.receive(request, { answer, state } satisfies Asked);
		});
		this.poke();
	}

	/** Soon, once for all that happens in this turn: acts on what the core wants. */
	poke(): void {
		if (this.#poked || !this.#running) return;
		this.#poked = true;
		void Promise.resolve().then(() => {
			this.#poked = false;
			if (this.#running) this.#guarded(() => this.#step());
		});
	}

	async close(): Promise<void> {
		this.#running = false;
		this.#timer?.timer.cancel();
		await this.#storing;
		await this.applier.idle();
		await this.#store.close();
	}

	#step(): void {
		this.raft.tick(this.#options.clock.monotonicMs());
		this.#act(this.raft.takeOutputs());
		if (!this.#installing) this.applier.applyCommitted();
		this.#onStep(undefined);
		this.raft.forgetApplied(this.applier.appliedIndex);
		if (this.#storing === undefined) this.#storing = this.#keepStoring();
		this.#schedule(this.raft.nextDueMs());
	}

	/** Batch after batch, and in between what arrived as a snapshot, until nothing is left. Never throws. */
	async #keepStoring(): Promise<void> {
		try {
			while (this.#running && (await this.#storeNext())) this.poke();
		} catch (error) {
			this.#fail(error);
		}
		this.#storing = undefined;
	}

	async #storeNext(): Promise<boolean> {
		const batch = this.raft.takeBatch();
		if (batch !== undefined) {
			if (batch.hardState !== undefined) await this.#store.saveHardState(batch.hardState);
			if (batch.entries.length > 0) await this.#store.append(batch.entries);
			if (!this.#running) return false;
			this.raft.batchStored(batch);
			this.#act(batch.outputs);
			return true;
		}
		const arrived = this.#arrived;
		if (arrived === undefined) return false;
		this.#arrived = undefined;
		this.#receiving = false;
		await this.#install(arrived);
		return true;
	}

	#act(outputs: readonly Output[]): void {
		for (const output of outputs) {
			switch (output.kind) {
				case "call":
					void this.#call(output.call);
					break;
				case "answer":
					(output.token as Asked).answer(output.response);
					break;
				case "install":
					void this.#receive(output.token as Asked, output.request);
					break;
				case "verified":
					this.applier.whenApplied(output.readIndex, output.token as Waiting);
					break;
				case "not-leader":
					(output.token as Waiting).reject(noLeader());
					break;
				case "transferred":
					if (output.success) (output.token as Waiting).resolve();
					else (output.token as Waiting).reject(transferFailed());
			}
		}
	}

	/** Never throws. What went wrong is the transport's to tell; here it is a call without an answer. */
	async #call(call: Call): Promise<void> {
		let response: Response | undefined;
		try {
			response = await this.#answerTo(call);
		} catch {}
		if (!this.#running) return;
		this.#guarded(() => {
			this.raft.tick(this.#options.clock.monotonicMs());
			if (response === undefined) this.raft.callFailed(call.id);
			else this.raft.answered(call.id, response);
		});
		this.poke();
	}

	async #answerTo(call: Call): Promise<Response | undefined> {
		const { transport } = this.#options;
		if (call.request.kind !== "snapshot") return transport.call(call);
		const snapshot = await this.#store.snapshot(call.request.snapshot.index);
		// It has been replaced by a newer one.
		if (snapshot === undefined) return undefined;
		return transport.call(call, stateStream(snapshot));
	}

	/** Gathers a snapshot that the leader sends; one at a time. Never throws. */
	async #receive(asked: Asked, request: SnapshotRequest): Promise<void> {
		const busy = this.#receiving;
		this.#receiving = true;
		try {
			if (busy || asked.state === undefined) throw new DiscoError("SNAPSHOT_BUSY", "another snapshot is on its way");
			const { pieces, indexOffset } = await receiveState(asked.state);
			this.#arrived = { asked, request, head: { ...request.snapshot, indexOffset }, pieces };
		} catch {
			this.#receiving = busy;
			if (this.#running) this.#guarded(() => this.raft.installFailed(asked));
		}
		this.poke();
	}

	/** Takes the place of log and state. The state machine goes first: what it cannot read must not replace what is there. */
	async #install({ asked, request, head, pieces }: ArrivedSnapshot): Promise<void> {
		this.#installing = true;
		try {
			await this.applier.idle();
			if (!this.#running || !this.raft.stillNeeded(asked, request)) return;
			try {
				await this.#options.machine.restore(pieces);
			} catch {
				this.raft.installFailed(asked);
				return;
			}
			await this.#store.installSnapshot(head, pieces);
			if (!this.#running) return;
			this.raft.installed(asked, request);
			this.applier.installed(head);
		} finally {
			this.#installing = false;
		}
	}

	#schedule(dueMs: number): void {
		if (!this.#running || (this.#timer !== undefined && this.#timer.dueMs <= dueMs)) return;
		this.#timer?.timer.cancel();
		const delayMs = Math.max(0, dueMs - this.#options.clock.monotonicMs());
		const timer = this.#options.clock.after(delayMs, () => {
			this.#timer = undefined;
			this.poke();
		});
		this.#timer = { timer, dueMs };
	}

	#guarded(act: () => void): void {
		try {
			act();
		} catch (error) {
			this.#fail(error);
		}
	}

	#fail(error: unknown): void {
		if (!this.#running) return;
		this.#running = false;
		this.#timer?.timer.cancel();
		const failure = logFailed(this.#options.folder, error);
		this.#onStep(failure);
		this.#options.onFailed?.(failure);
	}
}
