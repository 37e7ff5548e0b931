import { assert, DiscoError } from "../../lib/errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes numbers, texts and bytes one after the other. */
export class ByteWriter {
	#bytes: Uint8Array;
	#length = 0;

	constructor(capacityBytes = 256) {
		this.#bytes = new Uint8Array(capacityBytes);
	}

	get length(): number {
		return this.#length;
	}

	byte(value: number): void {
		this.#grow(1);
		this.#bytes[this.#length++] = value;
	}

	/** A whole number from 0 to 2^53-1: 7 bits per byte, the lowest first, the top bit tells that more follow. */
	number(value: number): void {
		assert(Number.isSafeInteger(value) && value >= 0, `${value} is a whole number of at most 53 bits`);
		let left = value;
		while (left >= 0x80) {
			this.byte((left % 0x80) | 0x80);
			left = Math.floor(left / 0x80);
		}
		this.byte(left);
	}

	/** A whole number from 0 to 2^64-1: 8 bytes, the highest first. */
	uint64(value: bigint): void {
		this.#grow(8);
		new DataView(this.#bytes.buffer).setBigUint64(this.#length, value);
		this.#length += 8;
	}

	/** UTF-8 with its length in front. */
	text(value: string): void {
		this.#grow(value.length * 3 + 10);
		// Most texts are short and ASCII: the length then takes one byte, known before encoding.
		const at = this.#length;
		const { written } = encoder.encodeInto(value, this.#bytes.subarray(at + 1));
		if (written < 0x80) {
			this.#bytes[at] = written;
			this.#length = at + 1 + written;
			return;
		}
		this.bytes(encoder.encode(value));
	}

	/** Bytes as they are, with their number in front. */
	bytes(value: Uint8Array): void {
		this.number(value.length);
		this.raw(value);
	}

	raw(value: Uint8Array): void {
		this.#grow(value.length);
		this.#bytes.set(value, this.#length);
		this.#length += value.length;
	}

	/** What was written, as a copy of its own. */
	take(): Uint8Array {
		return this.#bytes.slice(0, this.#length);
	}

	copyTo(other: ByteWriter): void {
		other.raw(this.#bytes.subarray(0, this.#length));
	}

	/** Begins anew with the same memory. */
	reset(): void {
		this.#length = 0;
	}

	#grow(count: number): void {
		const needed = this.#length + count;
		if (needed <= this.#bytes.length) return;
		const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
		larger.set(this.#bytes.subarray(0, this.#length));
		this.#bytes = larger;
	}
}

/** Reads what a `ByteWriter` wrote. Every method fails with `BYTES_CUT_SHORT` at the end. */
export class ByteReader {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	get leftBytes(): number {
		return this.#bytes.length - this.#at;
	}

	byte(): number {
		return this.#bytes[this.#advance(1)] as number;
	}

	number(): number {
		let value = 0;
		for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
			const byte = this.byte();
			value += (byte & 0x7f) * scale;
			if (byte < 0x80) return value;
		}
		throw new DiscoError("BYTES_INVALID", "a number has more than 53 bits: the data is not what it should be");
	}

	uint64(): bigint {
		const value = this.#view.getBigUint64(this.#advance(8));
		// Flags are hardly ever set: all zeros are one, not an object each.
		return value === 0n ? 0n : value;
	}

	text(): string {
		const length = this.number();
		const from = this.#advance(length);
		return decoder.decode(this.#bytes.subarray(from, from + length));
	}

	/** A copy, so that the data read from can be let go (a Buffer's `slice` would not copy). */
	bytes(): Uint8Array {
		const length = this.number();
		const from = this.#advance(length);
		return new Uint8Array(this.#bytes.subarray(from, from + length));
	}

	#advance(count: number): number {
		if (count > this.leftBytes) throw new DiscoError("BYTES_CUT_SHORT", "the data ends in the middle of a value");
		const at = this.#at;
		this.#at += count;
		return at;
	}
}
