import { assert } from "../errors.ts";

const encoder = new TextEncoder();
/** Room that a finished writer keeps for the next use. */
const keptSizeBytesMax = 64 * 1024;

/** Appends msgpack values to a buffer that grows. Each method returns nothing; `finish` gives the bytes. */
export class Writer {
	#bytes: Uint8Array;
	#view: DataView;
	#size = 0;

	constructor(sizeBytesExpected = 256) {
		this.#bytes = new Uint8Array(sizeBytesExpected);
		this.#view = new DataView(this.#bytes.buffer);
	}

	/** Bytes written so far. */
	get sizeBytes(): number {
		return this.#size;
	}

	/** A copy of what was written, no larger than that; the writer begins anew. */
	finish(): Uint8Array {
		const written = this.#bytes.slice(0, this.#size);
		this.#size = 0;
		if (this.#bytes.length > keptSizeBytesMax) this.#allocate(keptSizeBytesMax);
		return written;
	}

	nil(): void {
		this.#byte(0xc0);
	}

	bool(value: boolean): void {
		this.#byte(value ? 0xc3 : 0xc2);
	}

	/** A whole number in the shortest form: unsigned from 0 on (codec 0.5, which every peer reads), signed below. */
	integer(value: number | bigint): void {
		if (typeof value === "bigint") this.#bigInteger(value);
		else {
			assert(Number.isSafeInteger(value), `${value} is not a whole number that msgpack can carry exactly`);
			if (value < 0) this.#negative(value);
			else if (value < 0x80) this.#byte(value);
			else if (value <= 0xff) this.#byte(0xcc, value);
			else if (value <= 0xffff) this.#with16(0xcd, value);
			else if (value <= 0xffff_ffff) this.#with32(0xce, value);
			else this.#with64(0xcf, BigInt(value));
		}
	}

	float64(value: number): void {
		this.#reserve(9);
		this.#view.setUint8(this.#size, 0xcb);
		this.#view.setFloat64(this.#size + 1, value);
		this.#size += 9;
	}

	float32(value: number): void {
		this.#reserve(5);
		this.#view.setUint8(this.#size, 0xca);
		this.#view.setFloat32(this.#size + 1, value);
		this.#size += 5;
	}

	string(value: string): void {
		// Short ASCII text is the rule: names and ids.
		const { length } = value;
		if (length < 64 && isAscii(value)) {
			if (length < 32) this.#byte(0xa0 | length);
			else this.#with16(0xda, length);
			this.#reserve(length);
			for (let at = 0; at < length; at++) this.#bytes[this.#size++] = value.charCodeAt(at);
			return;
		}
		this.raw(encoder.encode(value));
	}

	/** Bytes, in the same form as text. */
	raw(value: Uint8Array): void {
		const { length } = value;
		if (length < 32) this.#byte(0xa0 | length);
		else if (length <= 0xffff) this.#with16(0xda, length);
		else this.#with32(0xdb, length);
		this.append(value);
	}

	/** Bytes in the new specification's form. The peers' older decoders read it for byte fields only: never text, never keys. */
	bin(value: Uint8Array): void {
		const { length } = value;
		if (length <= 0xff) this.#byte(0xc4, length);
		else if (length <= 0xffff) this.#with16(0xc5, length);
		else this.#with32(0xc6, length);
		this.append(value);
	}

	/** The header of an array; its `count` elements follow. */
	array(count: number): void {
		if (count < 16) this.#byte(0x90 | count);
		else if (count <= 0xffff) this.#with16(0xdc, count);
		else this.#with32(0xdd, count);
	}

	/** The header of a map; its `count` pairs of key and value follow. */
	map(count: number): void {
		if (count < 16) this.#byte(0x80 | count);
		else if (count <= 0xffff) this.#with16(0xde, count);
		else this.#with32(0xdf, count);
	}

	/** Bytes as they are: what is already encoded, or a type byte before a message. */
	append(encoded: Uint8Array): void {
		this.#reserve(encoded.length);
		this.#bytes.set(encoded, this.#size);
		this.#size += encoded.length;
	}

	appendByte(byte: number): void {
		this.#byte(byte);
	}

	#negative(value: number): void {
		if (value >= -32) this.#byte(value & 0xff);
		else if (value >= -0x80) this.#byte(0xd0, value & 0xff);
		else if (value >= -0x8000) this.#with16(0xd1, value & 0xffff);
		else if (value >= -0x8000_0000) this.#with32(0xd2, value >>> 0);
		else this.#with64(0xd3, BigInt(value));
	}

	#bigInteger(value: bigint): void {
		assert(value >= -(2n ** 63n) && value < 2n ** 64n, `${value} does not fit into 64 bits`);
		if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER))
			this.integer(Number(value));
		else this.#with64(value < 0n ? 0xd3 : 0xcf, value);
	}

	#byte(first: number, second?: number): void {
		this.#reserve(2);
		this.#bytes[this.#size++] = first;
		if (second !== undefined) this.#bytes[this.#size++] = second;
	}

	#with16(first: number, value: number): void {
		this.#reserve(3);
		this.#view.setUint8(this.#size, first);
		this.#view.setUint16(this.#size + 1, value);
		this.#size += 3;
	}

	#with32(first: number, value: number): void {
		this.#reserve(5);
		this.#view.setUint8(this.#size, first);
		this.#view.setUint32(this.#size + 1, value);
		this.#size += 5;
	}

	#with64(first: number, value: bigint): void {
		this.#reserve(9);
		this.#view.setUint8(this.#size, first);
		this.#view.setBigUint64(this.#size + 1, BigInt.asUintN(64, value));
		this.#size += 9;
	}

	#allocate(sizeBytes: number): void {
		this.#bytes = new Uint8Array(sizeBytes);
		this.#view = new DataView(this.#bytes.buffer);
	}

	#reserve(count: number): void {
		const wanted = this.#size + count;
		if (wanted <= this.#bytes.length) return;
		const full = this.#bytes;
		this.#allocate(Math.max(wanted, full.length * 2, 64));
		this.#bytes.set(full.subarray(0, this.#size));
	}
}

function isAscii(value: string): boolean {
	for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) > 0x7f) return false;
	return true;
}
