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
			const { size, children } = extentOf(bytes, this.#at, first);
			if (this.#at + headSize + size > bytes.length) throw truncated(this.#at);
			if (children > 0 && open.length >= nestingMax) throw invalid(`nested deeper than ${nestingMax}`, this.#at);
			this.#at += headSize + size;
			open[top] = left - 1;
			if (children > 0) open.push(children);
		}
		return this.#at;
	}
}

const none = { size: 0, children: 0 };

/** Bytes that belong to the value after its head, and values that do. */
function extentOf(bytes: Uint8Array, at: number, first: number): { readonly size: number; readonly children: number } {
	if (first < 0x80 || first >= 0xe0) return none;
	if (first < 0x90) return { size: 0, children: 2 * (first & 0x0f) };
	if (first < 0xa0) return { size: 0, children: first & 0x0f };
	if (first < 0xc0) return { size: first & 0x1f, children: 0 };
	switch (first) {
		case 0xc4:
		case 0xc5:
		case 0xc6:
			return { size: number(bytes, at + 1, 1 << (first - 0xc4)), children: 0 };
		case 0xc7:
		case 0xc8:
		case 0xc9:
			return { size: 1 + number(bytes, at + 1, 1 << (first - 0xc7)), children: 0 };
		case 0xd9:
		case 0xda:
		case 0xdb:
			return { size: number(bytes, at + 1, 1 << (first - 0xd9)), children: 0 };
		case 0xdc:
		case 0xdd:
			return { size: 0, children: number(bytes, at + 1, first === 0xdc ? 2 : 4) };
		case 0xde:
		case 0xdf:
			return { size: 0, children: 2 * number(bytes, at + 1, first === 0xde ? 2 : 4) };
		default:
			return none;
	}
}

function number(bytes: Uint8Array, at: number, width: number): number {
	let value = 0;
	for (let each = 0; each < width; each++) value = value * 256 + (bytes[at + each] as number);
	return value;
}
