import { crc32 } from "../../lib/checksum/index.ts";
import { assert } from "../../lib/errors.ts";
import { entrySizeBytesMax } from "./replicated-log.ts";

/**
 * A segment file: a header, then entries. All numbers have the highest byte first.
 *
 * | header (28 bytes) | | entry | |
 * |---|---|---|---|
 * | 8 | `DISCOLOG` | 4 | CRC-32 of all that follows in the entry |
 * | 4 | format version | 4 | length of the command |
 * | 8 | index of the first entry | 8 | term |
 * | 4 | salt | 8 | index |
 * | 4 | CRC-32 of the above | 4 | position in its batch |
 * | | | 1 | type |
 * | | | n | command |
 *
 * The header is synced before the first entry is written. The salt is random, and the CRC-32 of the entries begins with it, so
 * that nobody can store a value that looks like an entry.
 *
 * A batch is what was appended and synced as one. Only the last one can be torn by a crash, and a disk may have kept its end
 * and lost its beginning. So an unreadable entry is a torn end when every readable entry after it belongs to the same batch,
 * and a damaged file when one of a later batch follows (which was written only after the earlier one was synced).
 */
export const segmentFormatVersion = 1;
export const segmentHeaderBytes = 28;
export const entryHeaderBytes = 29;

const magic = new TextEncoder().encode("DISCOLOG");

/** The last three are of Raft's engine only. */
export type EntryType = "command" | "leader-began" | "barrier" | "configuration" | "restore";
const entryTypes: readonly EntryType[] = ["command", "leader-began", "barrier", "configuration", "restore"];

export interface LogEntry {
	readonly type: EntryType;
	readonly term: number;
	readonly index: number;
	readonly command: Uint8Array;
}

export interface SegmentHead {
	readonly firstIndex: number;
	readonly salt: number;
}

export function encodeSegmentHeader({ firstIndex, salt }: SegmentHead): Uint8Array {
	const header = new Uint8Array(segmentHeaderBytes);
	header.set(magic);
	const view = new DataView(header.buffer);
	view.setUint32(8, segmentFormatVersion);
	view.setBigUint64(12, BigInt(firstIndex));
	view.setUint32(20, salt);
	view.setUint32(24, crc32(header.subarray(0, 24)));
	return header;
}

/** What the header says, or undefined when it is not whole. */
export function decodeSegmentHeader(bytes: Uint8Array): (SegmentHead & { readonly version: number }) | undefined {
	if (bytes.length < segmentHeaderBytes) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (magic.some((byte, at) => bytes[at] !== byte)) return undefined;
	if (view.getUint32(24) !== crc32(bytes.subarray(0, 24))) return undefined;
	return { version: view.getUint32(8), firstIndex: Number(view.getBigUint64(12)), salt: view.getUint32(20) };
}

/** The entries as one batch, one behind the other. */
export function encodeBatch(entries: readonly LogEntry[], salt: number): Uint8Array {
	const sizeBytes = entries.reduce((sum, { command }) => sum + entryHeaderBytes + command.length, 0);
	const bytes = new Uint8Array(sizeBytes);
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const [batchPosition, { type, term, index, command }] of entries.entries()) {
		assert(command.length <= entrySizeBytesMax, "every entry is within the size limit");
		const end = at + entryHeaderBytes + command.length;
		view.setUint32(at + 4, command.length);
		view.setBigUint64(at + 8, BigInt(term));
		view.setBigUint64(at + 16, BigInt(index));
		view.setUint32(at + 24, batchPosition);
		bytes[at + 28] = entryTypes.indexOf(type);
		bytes.set(command, at + entryHeaderBytes);
		view.setUint32(at, crc32(bytes.subarray(at + 4, end), salt));
		at = end;
	}
	return bytes;
}

export interface StoredEntry extends LogEntry {
	readonly batchPosition: number;
	/** In the file. */
	readonly endOffset: number;
}

/** The entry at `offset`, or undefined when there is no whole one. Its command shares memory with `bytes`. */
export function decodeEntry(bytes: Uint8Array, offset: number, salt: number): StoredEntry | undefined {
	if (offset + entryHeaderBytes > bytes.length) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
	const length = view.getUint32(4);
	const endOffset = offset + entryHeaderBytes + length;
	if (length > entrySizeBytesMax || endOffset > bytes.length) return undefined;
	if (view.getUint32(0) !== crc32(bytes.subarray(offset + 4, endOffset), salt)) return undefined;
	const type = entryTypes[bytes[offset + 28] as number];
	if (type === undefined) return undefined;
	return {
		type,
		term: Number(view.getBigUint64(8)),
		index: Number(view.getBigUint64(16)),
		batchPosition: view.getUint32(24),
		command: bytes.subarray(offset + entryHeaderBytes, endOffset),
		endOffset,
	};
}
