import { DiscoError } from "../../lib/errors.ts";

/** POSIX.1-1988 "ustar": blocks of this many bytes. */
const blockBytes = 512;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface TarFile {
	readonly name: string;
	readonly pieces: readonly Uint8Array[];
}

/** The archive piece by piece; the pieces given are passed on as they are. Files have mode 0600 and belong to nobody. */
export function* encodeTar(files: readonly TarFile[], modifiedMs: number): Generator<Uint8Array> {
	for (const { name, pieces } of files) {
		const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
		yield header(name, sizeBytes, Math.floor(modifiedMs / 1000));
		yield* pieces;
		yield new Uint8Array(paddingOf(sizeBytes));
	}
	yield new Uint8Array(2 * blockBytes);
}

/**
 * The plain files of an archive by name; entries of other types are passed over. Fails with `SNAPSHOT_INVALID` when a header's
 * checksum is wrong or the archive is cut short.
 */
export function decodeTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
	const files = new Map<string, Uint8Array>();
	for (let at = 0; ; ) {
		const block = archive.subarray(at, at + blockBytes);
		if (block.length < blockBytes) throw invalid("the archive is cut short");
		if (block.every((byte) => byte === 0)) return files;
		if (octal(block, 148, 8) !== checksumOf(block)) throw invalid(`the header at byte ${at} is damaged`);
		const sizeBytes = octal(block, 124, 12);
		const from = at + blockBytes;
		if (from + sizeBytes > archive.length) throw invalid("the archive is cut short");
		const type = block[156];
		if (type === 0 || type === 0x30) files.set(text(block, 0, 100), archive.subarray(from, from + sizeBytes));
		at = from + sizeBytes + paddingOf(sizeBytes);
	}
}

function header(name: string, sizeBytes: number, modifiedSeconds: number): Uint8Array {
	const block = new Uint8Array(blockBytes);
	const put = (value: string, at: number) => block.set(encoder.encode(value), at);
	put(name, 0);
	put("0000600\0", 100);
	put("0000000\0", 108);
	put("0000000\0", 116);
	put(`${digits(sizeBytes, 11)}\0`, 124);
	put(`${digits(modifiedSeconds, 11)}\0`, 136);
	put("0", 156);
	put("ustar\u000000", 257);
	put(`${digits(checksumOf(block), 6)}\0 `, 148);
	return block;
}

/** Sum of the bytes, the checksum's own place counted as spaces. */
function checksumOf(block: Uint8Array): number {
	return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function digits(value: number, width: number): string {
	return value.toString(8).padStart(width, "0");
}

function octal(block: Uint8Array, from: number, length: number): number {
	const digitsFound = text(block, from, length).trim();
	if (!/^[0-7]+$/.test(digitsFound)) throw invalid("a header's number is damaged");
	return Number.parseInt(digitsFound, 8);
}

function text(block: Uint8Array, from: number, length: number): string {
	const field = block.subarray(from, from + length);
	const end = field.indexOf(0);
	return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

function paddingOf(sizeBytes: number): number {
	return (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
}

function invalid(why: string): DiscoError {
	return new DiscoError("SNAPSHOT_INVALID", `the snapshot cannot be read: ${why}`);
}
