import { DiscoError } from "../../../lib/errors.ts";

/**
 * LZW as GIF and the peers use it: least significant bit first, literals of 8 bits, code 256 clears the table, 257 ends; codes
 * grow from 9 to 12 bits. memberlist.md, section 2.
 */
const clearCode = 256;
const endCode = 257;
const codeBitsMax = 12;
const codeMax = (1 << codeBitsMax) - 1;

/** Pairs of (code, next byte) seen so far, by hash: key in the upper 20 bits, code in the lower 12. Used by one call at a time. */
const pairs = new Uint32Array(1 << 14);
const pairMask = pairs.length - 1;
/** For the decoder: what each code adds (`suffixes`) to which code (`prefixes`). */
const prefixes = new Uint16Array(1 << codeBitsMax);
const suffixes = new Uint8Array(1 << codeBitsMax);
const expansion = new Uint8Array(1 << codeBitsMax);

export function compress(plain: Uint8Array): Uint8Array {
	const output = new BitWriter(plain.length);
	let width = 9;
	let highest = endCode;
	let overflow = 512;
	output.write(clearCode, width);
	pairs.fill(0);
	let code = plain[0] ?? -1;
	/** Makes room for one more code; false when the table was full and was cleared instead. */
	const grow = (): boolean => {
		highest++;
		if (highest === overflow) {
			width++;
			overflow <<= 1;
		}
		if (highest !== codeMax) return true;
		output.write(clearCode, width);
		width = 9;
		highest = endCode;
		overflow = 512;
		pairs.fill(0);
		return false;
	};
	for (let at = 1; at < plain.length; at++) {
		const literal = plain[at] as number;
		const key = (code << 8) | literal;
		const slot = findPair(key);
		const found = pairs[slot] as number;
		if (found !== 0) {
			code = found & codeMax;
			continue;
		}
		output.write(code, width);
		code = literal;
		if (grow()) pairs[slot] = (key << codeBitsMax) | highest;
	}
	if (code >= 0) {
		output.write(code, width);
		grow();
	}
	output.write(endCode, width);
	return output.finish();
}

/** The slot of the pair, or the free one where it belongs. At most 3,837 of 16,384 are taken. */
function findPair(key: number): number {
	let slot = ((key >> 12) ^ key) & pairMask;
	for (;;) {
		const entry = pairs[slot] as number;
		if (entry === 0 || entry >>> codeBitsMax === key) return slot;
		slot = (slot + 1) & pairMask;
	}
}

/**
 * Fails with `LZW_INVALID` when the data are malformed, end early, or would give more than `sizeBytesMax` bytes: nothing larger
 * is ever allocated.
 */
export function decompress(compressed: Uint8Array, sizeBytesMax: number): Uint8Array {
	let output = new Uint8Array(Math.min(sizeBytesMax, Math.max(256, compressed.length * 4)));
	let size = 0;
	let at = 0;
	let bits = 0;
	let bitCount = 0;
	let width = 9;
	let highest = endCode;
	let last = -1;
	const reserve = (count: number): void => {
		if (size + count > sizeBytesMax) throw invalid(`decompresses to more than ${sizeBytesMax} bytes`);
		if (size + count <= output.length) return;
		const grown = new Uint8Array(Math.min(sizeBytesMax, Math.max(size + count, output.length * 2)));
		grown.set(output.subarray(0, size));
		output = grown;
	};
	for (;;) {
		while (bitCount < width) {
			const byte = compressed[at++];
			if (byte === undefined) throw invalid("ends without its end code");
			bits |= byte << bitCount;
			bitCount += 8;
		}
		const code = bits & ((1 << width) - 1);
		bits >>>= width;
		bitCount -= width;
		if (code === endCode) return output.subarray(0, size);
		if (code === clearCode) {
			width = 9;
			highest = endCode;
			last = -1;
			continue;
		}
		let first: number;
		if (code < clearCode) {
			reserve(1);
			output[size++] = code;
			first = code;
		} else {
			// A code that is just being made stands for the last one and its own first byte.
			const isNew = code === highest && last >= 0;
			if (code > highest || (code === highest && !isNew)) throw invalid(`code ${code} was not defined`);
			let end = expansion.length;
			let rest = isNew ? last : code;
			if (isNew) end--;
			while (rest >= clearCode) {
				expansion[--end] = suffixes[rest] as number;
				rest = prefixes[rest] as number;
			}
			expansion[--end] = rest;
			first = rest;
			if (isNew) expansion[expansion.length - 1] = first;
			reserve(expansion.length - end);
			output.set(expansion.subarray(end), size);
			size += expansion.length - end;
		}
		if (last >= 0) {
			suffixes[highest] = first;
			prefixes[highest] = last;
		}
		last = code;
		highest++;
		if (highest >= 1 << width) {
			// The table stays full until the next clear.
			if (width === codeBitsMax) {
				last = -1;
				highest--;
			} else width++;
		}
	}
}

class BitWriter {
	#bytes: Uint8Array;
	#size = 0;
	#bits = 0;
	#bitCount = 0;

	constructor(plainSizeBytes: number) {
		this.#bytes = new Uint8Array(plainSizeBytes + 16);
	}

	write(code: number, width: number): void {
		this.#bits |= code << this.#bitCount;
		this.#bitCount += width;
		while (this.#bitCount >= 8) this.#flushByte();
	}

	finish(): Uint8Array {
		if (this.#bitCount > 0) this.#flushByte();
		return this.#bytes.subarray(0, this.#size);
	}

	#flushByte(): void {
		if (this.#size === this.#bytes.length) {
			const grown = new Uint8Array(this.#bytes.length * 2);
			grown.set(this.#bytes);
			this.#bytes = grown;
		}
		this.#bytes[this.#size++] = this.#bits & 0xff;
		this.#bits >>>= 8;
		this.#bitCount -= 8;
	}
}

function invalid(what: string): DiscoError {
	return new DiscoError("LZW_INVALID", `malformed LZW data: ${what}`);
}
