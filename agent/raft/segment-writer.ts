import type { AppendFile, Disk, Random } from "../../lib/env/index.ts";
import { assert } from "../../lib/errors.ts";
import { segmentPath } from "./log-folder.ts";
import { encodeBatch, encodeSegmentHeader, type LogEntry } from "./segment-format.ts";

/** A segment that has grown to this is closed and a new one begun. It bounds what a start reads at once. */
const segmentSizeBytesMax = 32 * 1024 * 1024;

/** Appends batches of entries, each durable when `append` resolves. After a failure it is not used again. */
export class SegmentWriter {
	readonly #disk: Disk;
	readonly #folder: string;
	readonly #random: Random;
	/** First indexes of the segments, ascending; the last is written to while it is open. */
	#segments: number[];
	#open: { readonly file: AppendFile; readonly salt: number } | undefined;
	#newSegmentDue = false;

	constructor(options: {
		readonly disk: Disk;
		readonly folder: string;
		readonly random: Random;
		readonly segments: readonly number[];
	}) {
		this.#disk = options.disk;
		this.#folder = options.folder;
		this.#random = options.random;
		this.#segments = [...options.segments];
	}

	/** Goes on in the last segment, behind its whole entries. */
	async reopenLast(wholeSizeBytes: number, salt: number): Promise<void> {
		const last = this.#segments.at(-1);
		assert(last !== undefined, "there is a segment to go on in");
		const file = await this.#disk.openAppend(segmentPath(this.#folder, last));
		this.#open = { file, salt };
		if (file.sizeBytes > wholeSizeBytes) await file.truncate(wholeSizeBytes);
	}

	async append(entries: readonly LogEntry[]): Promise<void> {
		const first = entries[0];
		assert(first !== undefined, "a batch holds an entry");
		if (this.#newSegmentDue || (this.#open?.file.sizeBytes ?? 0) >= segmentSizeBytesMax) await this.closeSegment();
		this.#open ??= await this.#begin(first.index);
		const { file, salt } = this.#open;
		await file.appendSynced([encodeBatch(entries, salt)]);
	}

	/** First indexes of the segments, ascending. */
	get segments(): readonly number[] {
		return this.#segments;
	}

	/** Makes durable what is in the segment that was gone on in. */
	async sync(): Promise<void> {
		await this.#open?.file.sync();
	}

	/** The next batch begins a new segment, so that this one can be removed once a snapshot holds its entries. */
	finishSegment(): void {
		this.#newSegmentDue = true;
	}

	async closeSegment(): Promise<void> {
		this.#newSegmentDue = false;
		const open = this.#open;
		this.#open = undefined;
		await open?.file.close();
	}

	/** Removes the last segment: no entry of it counts. */
	async dropLast(): Promise<void> {
		await this.closeSegment();
		const last = this.#segments.at(-1);
		assert(last !== undefined, "there is a segment to drop");
		await this.#disk.remove(segmentPath(this.#folder, last));
		this.#segments = this.#segments.slice(0, -1);
	}

	/** Removes the segments whose entries are all at or below `index`, the oldest first, so that what is left has no gap. */
	async removeThrough(index: number): Promise<void> {
		for (;;) {
			const [first, next] = this.#segments;
			if (first === undefined || next === undefined || next > index + 1) return;
			await this.#disk.remove(segmentPath(this.#folder, first));
			this.#segments = this.#segments.slice(1);
		}
	}

	async #begin(firstIndex: number): Promise<{ readonly file: AppendFile; readonly salt: number }> {
		const file = await this.#disk.openAppend(segmentPath(this.#folder, firstIndex));
		const salt = Math.floor(this.#random.next() * 2 ** 32);
		this.#segments.push(firstIndex);
		await file.append([encodeSegmentHeader({ firstIndex, salt })]);
		await file.sync();
		return { file, salt };
	}
}
