import { crc32 } from "../../lib/checksum/index.ts";
import type { Disk } from "../../lib/env/index.ts";
import { corrupt, unknownFormat } from "./segment-scan.ts";

/**
 * A snapshot file: `DISCSNAP`, format version (4 bytes), index (8), term (8), CRC-32 of these (4); then pieces, each with its
 * length (4) and CRC-32 (4); then a piece of length 0, whose CRC-32 is that of all the pieces' CRC-32s, so that a missing one
 * is noticed.
 */
const snapshotFormatVersion = 1;
const headerBytes = 32;
const frameBytes = 8;
const magic = new TextEncoder().encode("DISCSNAP");

export interface SnapshotHead {
	/** The last entry that it holds. */
	readonly index: number;
	readonly term: number;
}

/** Writes the pieces under a temporary name, syncs, and renames: after a crash the snapshot is there whole, or not at all. */
export async function writeSnapshot(
	disk: Disk,
	path: string,
	head: SnapshotHead,
	pieces: Iterable<Uint8Array>,
): Promise<{ readonly sizeBytes: number }> {
	const temporary = `${path}.tmp`;
	await disk.remove(temporary);
	const file = await disk.openAppend(temporary);
	try {
		await file.append([encodeHead(head)]);
		const checksums = new ChecksumOfChecksums();
		for (const piece of pieces) {
			if (piece.length === 0) continue;
			const checksum = crc32(piece);
			checksums.add(checksum);
			// Each wait for the disk lets others run: a snapshot of any size holds nobody up.
			await file.append([frame(piece.length, checksum), piece]);
		}
		await file.append([frame(0, checksums.value)]);
		await file.sync();
	} finally {
		await file.close();
	}
	await disk.rename(temporary, path);
	return { sizeBytes: file.sizeBytes };
}

/**
 * The snapshot in `path`, checked as a whole before anything is given away. Undefined when there is no such file; fails with
 * `LOG_CORRUPT`, `LOG_FORMAT_UNKNOWN`.
 */
export async function readSnapshot(
	disk: Disk,
	path: string,
): Promise<{ readonly head: SnapshotHead; readonly pieces: readonly Uint8Array[] } | undefined> {
	const bytes = await disk.read(path);
	if (bytes === undefined) return undefined;
	const head = decodeHead(bytes, path);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const checksums = new ChecksumOfChecksums();
	const pieces: Uint8Array[] = [];
	let offset = headerBytes;
	for (;;) {
		if (offset + frameBytes > bytes.length) throw corrupt(path, offset, "the snapshot is cut short");
		const length = view.getUint32(offset);
		const checksum = view.getUint32(offset + 4);
		if (length === 0) {
			if (checksum !== checksums.value) throw corrupt(path, offset, "pieces of the snapshot are missing");
			return { head, pieces };
		}
		const piece = bytes.subarray(offset + frameBytes, offset + frameBytes + length);
		if (piece.length < length || crc32(piece) !== checksum) throw corrupt(path, offset, "the snapshot is damaged");
		checksums.add(checksum);
		pieces.push(piece);
		offset += frameBytes + length;
	}
}

class ChecksumOfChecksums {
	value = 0;

	add(checksum: number): void {
		const bytes = new Uint8Array(4);
		new DataView(bytes.buffer).setUint32(0, checksum);
		this.value = crc32(bytes, this.value);
	}
}

function encodeHead({ index, term }: SnapshotHead): Uint8Array {
	const bytes = new Uint8Array(headerBytes);
	bytes.set(magic);
	const view = new DataView(bytes.buffer);
	view.setUint32(8, snapshotFormatVersion);
	view.setBigUint64(12, BigInt(index));
	view.setBigUint64(20, BigInt(term));
	view.setUint32(28, crc32(bytes.subarray(0, 28)));
	return bytes;
}

function decodeHead(bytes: Uint8Array, path: string): SnapshotHead {
	if (bytes.length < headerBytes || magic.some((byte, at) => bytes[at] !== byte))
		throw corrupt(path, 0, "this is no snapshot");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (view.getUint32(28) !== crc32(bytes.subarray(0, 28))) throw corrupt(path, 0, "the snapshot's head is damaged");
	const version = view.getUint32(8);
	if (version !== snapshotFormatVersion) throw unknownFormat(path, version, snapshotFormatVersion);
	return { index: Number(view.getBigUint64(12)), term: Number(view.getBigUint64(20)) };
}

function frame(length: number, checksum: number): Uint8Array {
	const bytes = new Uint8Array(frameBytes);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, length);
	view.setUint32(4, checksum);
	return bytes;
}
