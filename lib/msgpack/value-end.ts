import { invalid, nestingMax, truncated } from "./reader.ts";

/** Bytes of a value's head, the first one included, by the first byte; 0: no value begins so. Fixed scalars are all head. */
const headSizes = Uint8Array.from({ length: 256 }, (_, first) => {
	if (first < 0xc0 || first >= 0xe0) return 1;
	return (
		[1, 0, 1, 1, 2, 3, 5, 2, 3, 5, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18, 2, 3, 5, 3, 5, 3, 5][first - 0xc0] ??
		0
	);
});

/** Looks for the end of one value that comes piece by piece; each byte is passed over once. */
export class ValueEnd {
	/** Values still to come, one number for each level of nesting. */
	readonly #open = [1];
	#at = 0;

	/**
	 * `bytes` begins with the value and holds what has come of it, each time more than before. Gives where it ends. Fails with
	 * `MSGPACK_TRUNCATED` (call again with more) or `MSGPACK_INVALID`.
	 */
	find(bytes: Uint8Array): number {
		const open = this.#open;
		while (open.length > 0) {
			const top = open.length - 1;
			const left = open[top] as number;
			if (left === 0) {
				open.pop();
				continue;
			}
			const first = bytes[this.#at];
			if (first === undefined) throw truncated(this.#at);
			const headSize = headSizes[first] as number;
			if (headSize === 0) throw invalid("0xc1 begins no value", this.#at);
			if (this.#at + headSize > bytes.length) throw truncated(this.#at);
			const size = sizeOf(bytes, this.#at, first);
			if (this.#at + headSize + size > bytes.length) throw truncated(this.#at);
			const children = childrenOf(bytes, this.#at, first);
			if (children > 0 && open.length >= nestingMax) throw invalid(`nested deeper than ${nestingMax}`, this.#at);
			this.#at += headSize + size;
			open[top] = left - 1;
			if (children > 0) open.push(children);
		}
		return this.#at;
	}
}

/** Bytes that belong to the value after its head. */
function sizeOf(bytes: Uint8Array, at: number, first: number): number {
	if (first >= 0xa0 && first < 0xc0) return first & 0x1f;
	if (first < 0xc4 || first >= 0xdc) return 0;
	if (first <= 0xc6) return number(bytes, at + 1, 1 << (first - 0xc4));
	if (first <= 0xc9) return 1 + number(bytes, at + 1, 1 << (first - 0xc7));
	return first >= 0xd9 ? number(bytes, at + 1, 1 << (first - 0xd9)) : 0;
}

/** Values that belong to it. */
function childrenOf(bytes: Uint8Array, at: number, first: number): number {
	if (first < 0x80 || first >= 0xe0) return 0;
	if (first < 0x90) return 2 * (first & 0x0f);
	if (first < 0xa0) return first & 0x0f;
	if (first < 0xdc) return 0;
	const count = number(bytes, at + 1, (first & 1) === 0 ? 2 : 4);
	return first >= 0xde ? 2 * count : count;
}

function number(bytes: Uint8Array, at: number, width: number): number {
	let value = 0;
	for (let each = 0; each < width; each++) value = value * 256 + (bytes[at + each] as number);
	return value;
}
