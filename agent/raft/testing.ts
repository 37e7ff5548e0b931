import type { Disk, Random } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { assertEntrySize, logBusy, logClosed, logFailed, logNotStarted } from "./log-errors.ts";
import { snapshotPath } from "./log-folder.ts";
import { paced } from "./paced.ts";
import { recover } from "./recover.ts";
import {
	type Committed,
	type ForeignSnapshot,
	type LogState,
	pendingBytesMax,
	pendingProposalsMax,
	type ReplicatedLog,
	type StateMachine,
} from "./replicated-log.ts";
import type { LogEntry } from "./segment-format.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import { writeSnapshot } from "./snapshot-file.ts";

/** A batch is applied without giving way to others; this many take some milliseconds. */
const batchEntriesMax = 512;
const batchBytesMax = 4 * 1024 * 1024;

export interface LocalLogOptions<Result> {
	readonly disk: Disk;
	/** For the log alone, usually `DATA_DIR/raft`. */
	readonly folder: string;
	readonly random: Random;
	readonly machine: StateMachine<Result>;
	/** A snapshot is taken after this many entries (default 16,384) or bytes of them (default 64 MiB), whichever comes first. */
	readonly snapshotAfterEntries?: number;
	readonly snapshotAfterBytes?: number;
	/** Told once, when the log stops accepting because the disk or the state machine failed. */
	readonly onFailed?: (error: DiscoError) => void;
	/** A snapshot could not be written; the log goes on, longer than it should be. */
	readonly onSnapshotFailed?: (error: unknown) => void;
}

/** Waits to be stored and applied; without a command it only waits for what is before it. */
interface Pending<Result> {
	readonly command: Uint8Array | undefined;
	readonly resolve: (committed: Committed<Result> | number) => void;
	readonly reject: (error: DiscoError) => void;
}

/**
 * The log of a single server until November 2026: what still writes folders of its layout, so that tests can upgrade them
 * (`upgrade-local.ts`). Proposals that come while the disk is busy are stored together by one append and one
 * sync, then applied, then answered: what was answered survives a crash. After the disk fails nothing is accepted any more.
 */
export class LocalLog<Result> implements ReplicatedLog<Result> {
	readonly #options: LocalLogOptions<Result>;
	readonly #pending: Pending<Result>[] = [];
	#pendingBytes = 0;
	#role: "stopped" | "leader" | "failed" = "stopped";
	#started = false;
	#failure: DiscoError | undefined;
	#writer: SegmentWriter | undefined;
	#pumping: Promise<void> | undefined;
	#snapshotting: Promise<void> | undefined;
	#closing: Promise<void> | undefined;
	#term = 0;
	#lastIndex = 0;
	#appliedIndex = 0;
	#snapshotIndex = 0;
	#entriesSinceSnapshot = 0;
	#bytesSinceSnapshot = 0;

	constructor(options: LocalLogOptions<Result>) {
		this.#options = options;
	}

	async start(): Promise<void> {
		try {
			const recovered = await recover(this.#options);
			this.#writer = recovered.writer;
			this.#term = recovered.lastTerm + 1;
			this.#snapshotIndex = recovered.snapshotIndex;
			this.#entriesSinceSnapshot = recovered.entryCount;
			this.#lastIndex = recovered.lastIndex + 1;
			// Also makes durable what a crash left readable but unsynced, before anybody can read it.
			await this.#writer.append([
				{ type: "leader-began", term: this.#term, index: this.#lastIndex, command: new Uint8Array() },
			]);
			this.#appliedIndex = this.#lastIndex;
			this.#role = "leader";
			this.#started = true;
		} catch (error) {
			await this.#writer?.closeSegment();
			throw error instanceof DiscoError ? error : logFailed(this.#options.folder, error);
		}
	}

	propose(command: Uint8Array): Promise<Committed<Result>> {
		return this.#enqueue(command) as Promise<Committed<Result>>;
	}

	async verifyLeader(): Promise<void> {
		this.#assertRunning();
	}

	barrier(): Promise<number> {
		return this.#enqueue(undefined) as Promise<number>;
	}

	async restore(snapshot: ForeignSnapshot): Promise<number> {
		while (this.#pumping !== undefined) await this.#pumping;
		this.#assertRunning();
		const restoring = this.#restore(snapshot);
		// What is proposed from here on waits as for any other work of the disk, and is pumped afterwards.
		this.#pumping = restoring.then(
			() => this.#resume(),
			() => this.#resume(),
		);
		return restoring;
	}

	state(): LogState {
		return {
			role: this.#role,
			knownLeader: this.#role === "leader",
			lastContactMs: 0,
			term: this.#term,
			lastIndex: this.#lastIndex,
			appliedIndex: this.#appliedIndex,
			snapshotIndex: this.#snapshotIndex,
			pendingCount: this.#pending.length,
		};
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		if (this.#role === "leader") this.#role = "stopped";
		await this.#pumping;
		await this.#snapshotting;
		await this.#writer?.closeSegment();
	}

	async #enqueue(command: Uint8Array | undefined): Promise<Committed<Result> | number> {
		this.#assertRunning();
		if (command !== undefined) assertEntrySize(command);
		const sizeBytes = command?.length ?? 0;
		if (this.#pending.length >= pendingProposalsMax || this.#pendingBytes + sizeBytes > pendingBytesMax)
			throw logBusy(this.#pending.length);
		return new Promise((resolve, reject) => {
			this.#pending.push({ command, resolve, reject });
			this.#pendingBytes += sizeBytes;
			this.#pumping ??= this.#pump();
		});
	}

	/** Stores and applies batch after batch until nothing waits. Never throws. */
	async #pump(): Promise<void> {
		// What is proposed in the same turn comes along.
		await undefined;
		while (this.#pending.length > 0 && this.#failure === undefined) {
			const batch = this.#takeBatch();
			try {
				const entries = this.#entriesOf(batch);
				if (entries.length > 0) await this.#writer?.append(entries);
				this.#applyBatch(batch);
			} catch (error) {
				this.#fail(error, batch);
			}
		}
		this.#pumping = undefined;
	}

	async #resume(): Promise<void> {
		this.#pumping = undefined;
		if (this.#pending.length > 0) this.#pumping = this.#pump();
	}

	/** The snapshot file comes first in a recovery, whatever older segments a crash may leave beside it. */
	async #restore({ pieces, newestIndex, giveWay }: ForeignSnapshot): Promise<number> {
		const { disk, folder, machine } = this.#options;
		await this.#snapshotting;
		await machine.restore(paced(pieces, giveWay));
		const head = { index: Math.max(this.#lastIndex, newestIndex) + 1, term: this.#term };
		const former = this.#snapshotIndex;
		try {
			this.#writer?.finishSegment();
			await writeSnapshot(disk, snapshotPath(folder, head.index), head, pieces);
			if (former > 0) await disk.remove(snapshotPath(folder, former));
			await this.#writer?.removeThrough(head.index);
		} catch (error) {
			// The state is the new one already, the disk still tells the old one.
			this.#fail(error, []);
			throw this.#failure ?? error;
		}
		this.#lastIndex = head.index;
		this.#appliedIndex = head.index;
		this.#snapshotIndex = head.index;
		this.#entriesSinceSnapshot = 0;
		this.#bytesSinceSnapshot = 0;
		return head.index;
	}

	#takeBatch(): Pending<Result>[] {
		let sizeBytes = 0;
		let count = 0;
		for (const { command } of this.#pending) {
			const added = command?.length ?? 0;
			if (count === batchEntriesMax || (count > 0 && sizeBytes + added > batchBytesMax)) break;
			sizeBytes += added;
			count++;
		}
		this.#pendingBytes -= sizeBytes;
		this.#bytesSinceSnapshot += sizeBytes;
		return this.#pending.splice(0, count);
	}

	#entriesOf(batch: readonly Pending<Result>[]): LogEntry[] {
		const entries: LogEntry[] = [];
		for (const { command } of batch)
			if (command !== undefined) entries.push({ type: "command", term: this.#term, index: ++this.#lastIndex, command });
		return entries;
	}

	/** Answers each as soon as it is applied: those that were answered stay so when a later one cannot be applied. */
	#applyBatch(batch: Pending<Result>[]): void {
		for (let next = batch[0]; next !== undefined; next = batch[0]) {
			if (next.command === undefined) next.resolve(this.#appliedIndex);
			else {
				const index = this.#appliedIndex + 1;
				const result = this.#options.machine.apply(index, next.command);
				this.#appliedIndex = index;
				this.#entriesSinceSnapshot++;
				next.resolve({ index, result });
			}
			batch.shift();
		}
		this.#maybeSnapshot();
	}

	#fail(error: unknown, batch: readonly Pending<Result>[]): void {
		const failure = logFailed(this.#options.folder, error);
		this.#failure = failure;
		this.#role = "failed";
		for (const { reject } of [...batch, ...this.#pending.splice(0)]) reject(failure);
		this.#pendingBytes = 0;
		this.#options.onFailed?.(failure);
	}

	#maybeSnapshot(): void {
		const { snapshotAfterEntries = 16_384, snapshotAfterBytes = 64 * 1024 * 1024 } = this.#options;
		const due = this.#entriesSinceSnapshot >= snapshotAfterEntries || this.#bytesSinceSnapshot >= snapshotAfterBytes;
		if (!due || this.#snapshotting !== undefined || this.#role !== "leader") return;
		this.#entriesSinceSnapshot = 0;
		this.#bytesSinceSnapshot = 0;
		const head = { index: this.#appliedIndex, term: this.#term };
		const pieces = this.#options.machine.snapshot();
		this.#writer?.finishSegment();
		this.#snapshotting = this.#writeSnapshot(head, pieces).finally(() => {
			this.#snapshotting = undefined;
		});
	}

	/** Beside the log's work. Never throws. */
	async #writeSnapshot(
		head: { readonly index: number; readonly term: number },
		pieces: Iterable<Uint8Array>,
	): Promise<void> {
		const { disk, folder } = this.#options;
		const former = this.#snapshotIndex;
		try {
			await writeSnapshot(disk, snapshotPath(folder, head.index), head, pieces);
			this.#snapshotIndex = head.index;
			if (former > 0) await disk.remove(snapshotPath(folder, former));
			await this.#writer?.removeThrough(head.index);
		} catch (error) {
			this.#options.onSnapshotFailed?.(error);
		}
	}

	#assertRunning(): void {
		if (this.#failure !== undefined) throw this.#failure;
		if (this.#role !== "leader") throw this.#started ? logClosed() : logNotStarted();
	}
}
