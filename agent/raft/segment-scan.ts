import { DiscoError } from "../../lib/errors.ts";
import {
	decodeEntry,
	decodeSegmentHeader,
	entryHeaderBytes,
	type LogEntry,
	type StoredEntry,
	segmentFormatVersion,
	segmentHeaderBytes,
} from "./segment-format.ts";

export interface ScannedSegment {
	readonly entries: readonly LogEntry[];
	/** Where the whole entries end; what follows is a torn end, to be cut off. 0: not even the header is whole. */
	readonly wholeSizeBytes: number;
	readonly salt: number;
}

interface Segment {
	readonly path: string;
	readonly firstIndex: number;
	readonly last: boolean;
	/** Entries after this one are not looked at. */
	readonly throughIndex?: number;
}

/** Read without giving way to others: some milliseconds. */
const entriesPerPart = 2_048;

/**
 * Reads a segment that should begin with entry `firstIndex`. Only the last segment may have a torn end. Fails with
 * `LOG_CORRUPT` (file and offset named) and `LOG_FORMAT_UNKNOWN`.
 */
export function scanSegment(bytes: Uint8Array, segment: Segment): ScannedSegment {
	const parts = scan(bytes, segment);
	for (;;) {
		const part = parts.next();
		if (part.done === true) return part.value;
	}
}

/** As `scanSegment`; between its parts others have their turn. */
export async function scanSegmentInParts(
	bytes: Uint8Array,
	segment: Segment,
	giveWay: () => Promise<void>,
): Promise<ScannedSegment> {
	const parts = scan(bytes, segment);
	for (;;) {
		const part = parts.next();
		if (part.done === true) return part.value;
		await giveWay();
	}
}

/** Stops after each part. */
function* scan(bytes: Uint8Array, segment: Segment): Generator<undefined, ScannedSegment, undefined> {
	const { path, firstIndex, last, throughIndex = Number.POSITIVE_INFINITY } = segment;
	const header = decodeSegmentHeader(bytes);
	if (header === undefined) {
		if (last && bytes.length <= segmentHeaderBytes) return { entries: [], wholeSizeBytes: 0, salt: 0 };
		throw corrupt(path, 0, "the header is damaged");
	}
	if (header.version !== segmentFormatVersion) throw unknownFormat(path, header.version, segmentFormatVersion);
	if (header.firstIndex !== firstIndex)
		throw corrupt(path, 12, `it begins with entry ${header.firstIndex}, not with ${firstIndex} as its name says`);

	const { salt } = header;
	const entries: LogEntry[] = [];
	let offset = segmentHeaderBytes;
	let term = 0;
	for (;;) {
		const entry = decodeEntry(bytes, offset, salt);
		const expected = firstIndex + entries.length;
		if (expected > throughIndex) return { entries, wholeSizeBytes: offset, salt };
		if (entry === undefined || entry.index !== expected) {
			const torn = last && !laterBatchFollows(bytes, { from: offset, salt, unreadableIndex: expected });
			if (torn || offset === bytes.length) return { entries, wholeSizeBytes: offset, salt };
			throw corrupt(path, offset, `entry ${expected} is damaged though later ones are whole`);
		}
		if (entry.term < term) throw corrupt(path, offset, `entry ${expected} is of term ${entry.term} after term ${term}`);
		term = entry.term;
		entries.push(entry);
		offset = entry.endOffset;
		if (entries.length % entriesPerPart === 0) yield;
	}
}

/** Whether, anywhere behind an unreadable entry, stands one of a batch that was written after it was synced. */
function laterBatchFollows(
	bytes: Uint8Array,
	{ from, salt, unreadableIndex }: { readonly from: number; readonly salt: number; readonly unreadableIndex: number },
): boolean {
	for (let offset = from; offset + entryHeaderBytes <= bytes.length; offset++) {
		if (!mayBeEntry(bytes, offset)) continue;
		const entry = decodeEntry(bytes, offset, salt);
		if (entry !== undefined && batchBegin(entry) > unreadableIndex) return true;
	}
	return false;
}

/** Cheap, so that looking at every offset stays fast: the top bytes of length, term and index are zero in a real entry. */
function mayBeEntry(bytes: Uint8Array, offset: number): boolean {
	return bytes[offset + 4] === 0 && bytes[offset + 8] === 0 && bytes[offset + 16] === 0 && bytes[offset + 24] === 0;
}

function batchBegin(entry: StoredEntry): number {
	return entry.index - entry.batchPosition;
}

export function corrupt(path: string, offset: number, why: string): DiscoError {
	return new DiscoError(
		"LOG_CORRUPT",
		`${path}, offset ${offset}: ${why}; restore the data directory from a backup or remove it to begin anew`,
	);
}

export function unknownFormat(path: string, found: number | string, known: number | string): DiscoError {
	return new DiscoError(
		"LOG_FORMAT_UNKNOWN",
		`${path} has format version ${found}, this disco knows ${known}; run the version that wrote it`,
	);
}
