import { DiscoError } from "../errors.ts";

/** Seconds from the year 1 to 1970, where the binary form of Go's times starts. */
const epochSeconds = 62_135_596_800n;

/**
 * A time as the reference writes it inside a raw value: version 1, seconds since the year 1, nanoseconds, and the offset of UTC.
 * `undefined` is Go's zero time.
 */
export function encodeTime(nanoseconds: bigint | undefined): Uint8Array {
	const encoded = new Uint8Array(15);
	const view = new DataView(encoded.buffer);
	view.setUint8(0, 1);
	view.setInt16(13, -1);
	if (nanoseconds === undefined) return encoded;
	const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
	view.setBigInt64(1, (nanoseconds - rest) / 1_000_000_000n + epochSeconds);
	view.setUint32(9, Number(rest));
	return encoded;
}

/** Nanoseconds since 1970, or undefined for Go's zero time. Fails with `MSGPACK_INVALID`. */
export function decodeTime(encoded: Uint8Array): bigint | undefined {
	if (encoded.length !== 15 || encoded[0] !== 1)
		throw new DiscoError("MSGPACK_INVALID", "malformed time: wanted 15 bytes that start with version 1");
	const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
	const seconds = view.getBigInt64(1);
	const nanoseconds = view.getUint32(9);
	return seconds === 0n && nanoseconds === 0
		? undefined
		: (seconds - epochSeconds) * 1_000_000_000n + BigInt(nanoseconds);
}
