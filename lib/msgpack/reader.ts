import { DiscoError } from "../errors.ts";

const decoder = new TextDecoder();

/** Arrays and maps in each other, at most; deeper ones are malformed. */
export const nestingMax = 32;

/**
 * Reads msgpack values from a buffer, in order. Accepts every form that the peers' decoders accept: any width of integer that
 * fits, text and bytes as raw, str8 or bin, nil as the zero value.
 *
 * Lengths are compared with what is left of the buffer before anything is allocated.
 */
export class Reader {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	#at: number;

	constructor(bytes: Uint8Array, offset = 0) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.#at = offset;
	}

	/** How far it has read. */
	get offset(): number {
		return this.#at;
	}

	get leftBytes(): number {
		return this.#bytes.length - this.#at;
	}

	/** Skips a nil and says so; otherwise stays where it is. */
	takeNil(): boolean {
		if (this.#peek() !== 0xc0) return false;
		this.#at++;
		return true;
	}

	/** Skips exactly these bytes and says so; otherwise stays where it is. */
	takeBytes(wanted: Uint8Array): boolean {
		if (wanted.length > this.leftBytes) return false;
		for (let at = 0; at < wanted.length; at++) if (this.#bytes[this.#at + at] !== wanted[at]) return false;
		this.#at += wanted.length;
		return true;
	}

	/** First byte of the next value, which says its form. */
	peek(): number {
		return this.#peek();
	}

	/** A whole number within the bounds (inclusive); nil is 0. */
	integer(min: number, max: number): number {
		const value = this.#integer();
		if (value < min || value > max) throw invalid(`integer ${value} is outside ${min} to ${max}`, this.#at);
		return Number(value);
	}

	/** A whole number of 64 bits, exactly; nil is 0. */
	bigInteger(): bigint {
		return BigInt(this.#integer());
	}

	bool(): boolean {
		const first = this.#take8();
		if (first === 0xc3 || first === 1) return true;
		if (first === 0xc2 || first === 0 || first === 0xc0) return false;
		throw unexpected("a boolean", first, this.#at);
	}

	float(): number {
		const first = this.#peek();
		if (first === 0xca) return this.#view.getFloat32(this.#advance(5) + 1);
		if (first === 0xcb) return this.#view.getFloat64(this.#advance(9) + 1);
		return Number(this.#integer());
	}

	/** Text; nil is the empty one. What is not UTF-8 is replaced by U+FFFD. */
	string(): string {
		if (this.takeNil()) return "";
		const length = this.#rawLength("text");
		const start = this.#advance(length);
		if (length < 40) {
			let text = "";
			for (let at = start; at < start + length; at++) {
				const byte = this.#bytes[at] as number;
				if (byte > 0x7f) return decoder.decode(this.#bytes.subarray(start, start + length));
				text += String.fromCharCode(byte);
			}
			return text;
		}
		return decoder.decode(this.#bytes.subarray(start, start + length));
	}

	/** A view into the buffer (not a copy), or null for nil. An array of small integers is accepted, too. */
	bytes(): Uint8Array | null {
		if (this.takeNil()) return null;
		const first = this.#peek();
		if ((first & 0xf0) === 0x90 || first === 0xdc || first === 0xdd) {
			const count = this.array() ?? 0;
			return Uint8Array.from({ length: count }, () => this.integer(0, 255));
		}
		const length = this.#rawLength("bytes");
		const start = this.#advance(length);
		return this.#bytes.subarray(start, start + length);
	}

	/** Number of elements that follow, or null for nil. */
	array(): number | null {
		const first = this.#take8();
		if (first === 0xc0) return null;
		if ((first & 0xf0) === 0x90) return this.#plausible(first & 0x0f, 1);
		if (first === 0xdc) return this.#plausible(this.#view.getUint16(this.#advance(2)), 1);
		if (first === 0xdd) return this.#plausible(this.#view.getUint32(this.#advance(4)), 1);
		throw unexpected("an array", first, this.#at);
	}

	/** Number of pairs that follow, or null for nil. */
	map(): number | null {
		const first = this.#take8();
		if (first === 0xc0) return null;
		if ((first & 0xf0) === 0x80) return this.#plausible(first & 0x0f, 2);
		if (first === 0xde) return this.#plausible(this.#view.getUint16(this.#advance(2)), 2);
		if (first === 0xdf) return this.#plausible(this.#view.getUint32(this.#advance(4)), 2);
		throw unexpected("a map", first, this.#at);
	}

	/** Passes over one value of whatever form. */
	skip(): void {
		// Values still to be passed over, one number for each level of nesting.
		const open = [1];
		while (open.length > 0) {
			const top = open.length - 1;
			const left = open[top] as number;
			if (left === 0) {
				open.pop();
				continue;
			}
			open[top] = left - 1;
			const children = this.#skipOne();
			if (children === 0) continue;
			if (open.length >= nestingMax) throw invalid(`nested deeper than ${nestingMax}`, this.#at);
			open.push(children);
		}
	}

	/** Passes over a scalar or a header; gives how many values belong to the header. */
	#skipOne(): number {
		const first = this.#peek();
		if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf) return 2 * (this.map() ?? 0);
		if ((first & 0xf0) === 0x90 || first === 0xdc || first === 0xdd) return this.array() ?? 0;
		if (isRaw(first)) this.#advance(this.#rawLength("text"));
		else if (first >= 0xc7 && first <= 0xc9) this.#skipExtension(first);
		else this.#advance(scalarSizes[first] ?? 1);
		if (first === 0xc1) throw unexpected("a value", first, this.#at);
		return 0;
	}

	#skipExtension(first: number): void {
		this.#advance(1);
		const width = 1 << (first - 0xc7);
		const at = this.#advance(width);
		const length =
			width === 1 ? this.#view.getUint8(at) : width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
		this.#advance(1 + length);
	}

	#integer(): number | bigint {
		const first = this.#take8();
		if (first < 0x80) return first;
		if (first >= 0xe0) return first - 0x100;
		switch (first) {
			case 0xc0:
				return 0;
			case 0xcc:
				return this.#view.getUint8(this.#advance(1));
			case 0xcd:
				return this.#view.getUint16(this.#advance(2));
			case 0xce:
				return this.#view.getUint32(this.#advance(4));
			case 0xcf:
				return this.#view.getBigUint64(this.#advance(8));
			case 0xd0:
				return this.#view.getInt8(this.#advance(1));
			case 0xd1:
				return this.#view.getInt16(this.#advance(2));
			case 0xd2:
				return this.#view.getInt32(this.#advance(4));
			case 0xd3:
				return this.#view.getBigInt64(this.#advance(8));
			default:
				throw unexpected("an integer", first, this.#at);
		}
	}

	#rawLength(wanted: string): number {
		const first = this.#take8();
		if ((first & 0xe0) === 0xa0) return first & 0x1f;
		if (first === 0xd9 || first === 0xc4) return this.#view.getUint8(this.#advance(1));
		if (first === 0xda || first === 0xc5) return this.#view.getUint16(this.#advance(2));
		if (first === 0xdb || first === 0xc6) return this.#view.getUint32(this.#advance(4));
		throw unexpected(wanted, first, this.#at);
	}

	/** An array or map cannot have more elements than there are bytes left for them. */
	#plausible(count: number, bytesEach: number): number {
		if (count * bytesEach > this.leftBytes) throw truncated(this.#at);
		return count;
	}

	#peek(): number {
		const byte = this.#bytes[this.#at];
		if (byte === undefined) throw truncated(this.#at);
		return byte;
	}

	#take8(): number {
		const byte = this.#peek();
		this.#at++;
		return byte;
	}

	/** Moves on by `count` bytes, which must be there; gives where it was. */
	#advance(count: number): number {
		if (count > this.leftBytes) throw truncated(this.#at);
		const before = this.#at;
		this.#at += count;
		return before;
	}
}

/** Sizes with their first byte of what has a fixed one above 1; fixext are 0xd4 to 0xd8. */
const scalarSizes: Readonly<Record<number, number>> = {
	202: 5,
	203: 9,
	204: 2,
	205: 3,
	206: 5,
	207: 9,
	208: 2,
	209: 3,
	210: 5,
	211: 9,
	212: 3,
	213: 4,
	214: 6,
	215: 10,
	216: 18,
};

function isRaw(first: number): boolean {
	return (first & 0xe0) === 0xa0 || (first >= 0xd9 && first <= 0xdb) || (first >= 0xc4 && first <= 0xc6);
}

function unexpected(wanted: string, first: number, at: number): DiscoError {
	return invalid(`wanted ${wanted}, found 0x${first.toString(16).padStart(2, "0")}`, at - 1);
}

/** More bytes may help. */
export function truncated(at: number): DiscoError {
	return new DiscoError("MSGPACK_TRUNCATED", `msgpack ends early: at byte ${at} more was announced than is there`);
}

export function invalid(what: string, at: number): DiscoError {
	return new DiscoError("MSGPACK_INVALID", `malformed msgpack at byte ${at}: ${what}`);
}
