import type { Clock } from "../../lib/env/index.ts";
import { assert, DiscoError } from "../../lib/errors.ts";
import type { Entry, Raft } from "./core/index.ts";
import { Progress, type RecoveryProgress } from "./progress.ts";
import type { Proposals } from "./proposals.ts";
import type { RaftStore, SnapshotHead } from "./raft-store.ts";
import type { StateMachine } from "./replicated-log.ts";
import { RestoreGathering } from "./restore-entries.ts";

/** Entries applied without giving way to others. */
const sliceEntriesMax = 512;
const snapshotAfterEntriesDefault = 16_384;
const snapshotAfterBytesDefault = 64 * 1024 * 1024;
const trailingEntriesDefault = 10_240;
/** Bytes of entries kept beside a snapshot at most, whatever their number. */
const trailingBytesMax = 64 * 1024 * 1024;

/** Pause after one that a follower waits for could not be written. */
const snapshotRetryMs = 5_000;

interface Waiting {
	readonly resolve: () => void;
	readonly reject: (error: DiscoError) => void;
}

interface ApplierOptions<Result> {
	readonly raft: Raft;
	readonly store: RaftStore;
	readonly machine: StateMachine<Result>;
	readonly proposals: Proposals<Result>;
	readonly clock: Clock;
	/** Of the snapshot from which the state was made. */
	readonly head: SnapshotHead | undefined;
	readonly snapshotAfterEntries?: number;
	readonly snapshotAfterBytes?: number;
	readonly trailingEntries?: number;
	/** Called when there is more to apply after others had their turn. */
	readonly onMore: () => void;
	readonly onFailed: (error: unknown) => void;
	readonly onSnapshotFailed?: (error: unknown) => void;
	readonly onProgress?: (progress: RecoveryProgress) => void;
}

/** Carries committed entries into the state machine, in order, and writes its snapshots. */
export class Applier<Result> {
	readonly #options: ApplierOptions<Result>;
	readonly #gathering = new RestoreGathering();
	readonly #progress: Progress;
	#appliedIndex: number;
	#indexOffset: number;
	#waits: { readonly index: number; readonly waiting: Waiting }[] = [];
	#entriesSinceSnapshot = 0;
	#bytesSinceSnapshot = 0;
	#snapshotting: Promise<void> | undefined;
	#retryAtMs = Number.NEGATIVE_INFINITY;
	#restoring: Promise<void> | undefined;

	constructor(options: ApplierOptions<Result>) {
		this.#options = options;
		this.#progress = new Progress(options.clock, options.onProgress);
		this.#appliedIndex = options.head?.index ?? 0;
		this.#indexOffset = options.head?.indexOffset ?? 0;
	}

	/** In the log. */
	get appliedIndex(): number {
		return this.#appliedIndex;
	}

	/** By how much the indexes that the state machine sees are ahead of the log's. */
	get indexOffset(): number {
		return this.#indexOffset;
	}

	/** What the state machine throws is thrown: the log cannot go on. */
	applyCommitted(): void {
		const { raft, clock, onMore } = this.#options;
		if (this.#restoring !== undefined) return;
		for (let count = 0; this.#appliedIndex < raft.commitIndex; count++) {
			if (count === sliceEntriesMax) {
				clock.after(0, onMore);
				break;
			}
			const entry = raft.entryAt(this.#appliedIndex + 1);
			assert(entry !== undefined, "committed entries are there until they are applied");
			if (!this.#apply(entry)) return;
		}
		if (this.#appliedIndex === raft.commitIndex) this.#progress.done();
		else this.#progress.at({ stage: "applied", entryCount: this.#appliedIndex, ofCount: raft.commitIndex });
		this.#settleWaits();
		this.#maybeSnapshot();
	}

	/** Calls back when everything through `index` is applied. */
	whenApplied(index: number, waiting: Waiting): void {
		if (this.#appliedIndex >= index) waiting.resolve();
		else this.#waits.push({ index, waiting });
	}

	rejectWaits(error: DiscoError): void {
		for (const { waiting } of this.#waits.splice(0)) waiting.reject(error);
	}

	/** Resolves when nothing reads the state machine or writes snapshots, so that both may be replaced. */
	async idle(): Promise<void> {
		await this.#restoring;
		await this.#snapshotting;
	}

	/** The state was replaced by a leader's snapshot. */
	installed(head: SnapshotHead): void {
		this.#appliedIndex = head.index;
		this.#indexOffset = head.indexOffset;
		this.#entriesSinceSnapshot = 0;
		this.#bytesSinceSnapshot = 0;
		this.#gathering.abandon();
		this.#settleWaits();
	}

	/** False: the rest has to wait for what this entry began. */
	#apply(entry: Entry): boolean {
		this.#entriesSinceSnapshot++;
		this.#bytesSinceSnapshot += entry.data.length;
		if (entry.type === "restore") return this.#applyRestore(entry);
		if (entry.type === "no-op") this.#gathering.abandon();
		const index = entry.index + this.#indexOffset;
		const isCommand = entry.type === "command";
		// Others than commands have nobody who looks at a result.
		const result = isCommand ? this.#options.machine.apply(index, entry.data) : (undefined as Result);
		this.#appliedIndex = entry.index;
		this.#options.proposals.applied(entry.index, entry.term, { index, result });
		return true;
	}

	#applyRestore(entry: Entry): boolean {
		const whole = this.#gathering.add(entry.data);
		const done = (error?: DiscoError) => {
			this.#appliedIndex = entry.index;
			const committed = { index: entry.index + this.#indexOffset, result: undefined as Result };
			this.#options.proposals.applied(entry.index, entry.term, error ?? committed);
		};
		if (whole === undefined) {
			done();
			return true;
		}
		this.#restoring = this.#replaceState(whole).then(
			() => {
				// What comes next must be above everything in the state.
				this.#indexOffset = Math.max(this.#indexOffset, whole.newestIndex + 1 - entry.index);
				done();
			},
			(error: unknown) => {
				// It cannot be read, on no server: nothing has changed on any.
				if (error instanceof DiscoError) done(error);
				else this.#options.onFailed(error);
			},
		);
		void this.#restoring.then(() => {
			this.#restoring = undefined;
			this.#options.onMore();
		});
		return false;
	}

	async #replaceState({ pieces }: { readonly pieces: readonly Uint8Array[] }): Promise<void> {
		await this.#snapshotting;
		await this.#options.machine.restore(pieces);
	}

	#settleWaits(): void {
		if (this.#waits.length === 0) return;
		const due = this.#waits.filter(({ index }) => index <= this.#appliedIndex);
		this.#waits = this.#waits.filter(({ index }) => index > this.#appliedIndex);
		for (const { waiting } of due) waiting.resolve();
	}

	#maybeSnapshot(): void {
		const { raft, snapshotAfterEntries = snapshotAfterEntriesDefault } = this.#options;
		const { snapshotAfterBytes = snapshotAfterBytesDefault } = this.#options;
		const wanted = raft.snapshotWanted && this.#options.clock.monotonicMs() >= this.#retryAtMs;
		const due =
			wanted || this.#entriesSinceSnapshot >= snapshotAfterEntries || this.#bytesSinceSnapshot >= snapshotAfterBytes;
		// The committed configuration belongs to what is applied only when all of it is.
		const whole = this.#appliedIndex === raft.commitIndex && !this.#gathering.active;
		if (!due || !whole || this.#snapshotting !== undefined) return;
		this.#entriesSinceSnapshot = 0;
		this.#bytesSinceSnapshot = 0;
		const term = raft.termAt(this.#appliedIndex);
		assert(term !== undefined, "what was just applied is still in the log");
		const { configuration, index: configurationIndex } = raft.committedConfiguration;
		const { indexOffset } = this;
		const head = { index: this.#appliedIndex, term, configuration, configurationIndex, indexOffset };
		this.#snapshotting = this.#takeSnapshot(head, this.#options.machine.snapshot()).finally(() => {
			this.#snapshotting = undefined;
		});
	}

	/** Beside the log's work. Never throws. */
	async #takeSnapshot(head: SnapshotHead, pieces: Iterable<Uint8Array>): Promise<void> {
		const { raft, store, clock, trailingEntries = trailingEntriesDefault } = this.#options;
		try {
			await store.takeSnapshot(head, pieces, () => {
				const trailing = raft.logSizeBytes > trailingBytesMax ? 0 : trailingEntries;
				raft.snapshotTaken(head, Math.max(0, head.index - trailing));
				// The log in memory may begin later: it may have forgotten what only the snapshot holds, or the disk alone.
				return Math.min(head.index, raft.compactedIndex);
			});
		} catch (error) {
			this.#retryAtMs = clock.monotonicMs() + snapshotRetryMs;
			this.#options.onSnapshotFailed?.(error);
		}
	}
}
