import * as zlib from "node:zlib";

/** CRC-32 as in zlib, PNG and gzip (polynomial 0xEDB88320). `previous` continues over bytes that come in pieces. */
export function crc32(bytes: Uint8Array, previous = 0): number {
	return zlib.crc32 === undefined ? crc32FromTable(bytes, previous) : zlib.crc32(bytes, previous);
}

/** The same without zlib's (Node before 20.15 and 22.2 has none). */
export function crc32FromTable(bytes: Uint8Array, previous = 0): number {
	let crc = ~previous;
	for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
	return ~crc >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
	let value = byte;
	for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
	return value;
});
