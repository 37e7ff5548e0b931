/**
 * Go's strings are bytes, ours are UTF-16. A byte that is not part of valid UTF-8 (`slice "é" 0 1`, `"\xff"`) is kept as
 * the lone surrogate U+DC00 + byte, so that lengths, indexes and joined halves come out as in Go.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Shorter texts are done before the platform's encoder has begun. */
const encodedLengthMin = 64;

/** Number of UTF-8 bytes of a text. */
export function byteLength(text: string): number {
	let bytes = text.length;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (unit < 0x80) continue;
		if (unit < 0x800) bytes += 1;
		else if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) {
			bytes += 2;
			i++;
		} else if (!isEscapedByte(unit)) bytes += 2;
	}
	return bytes;
}

/** The bytes of a text: UTF-8, with escaped bytes as themselves. This is what belongs into a file. */
export function bytesOfText(text: string): Uint8Array {
	// Most texts have no escaped bytes, and then this is the platform's own encoding.
	if (text.length >= encodedLengthMin && isWellFormed(text)) return encoder.encode(text);
	const bytes = new Uint8Array(byteLength(text));
	let at = 0;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (unit < 0x80) bytes[at++] = unit;
		else if (isEscapedByte(unit)) bytes[at++] = unit - 0xdc00;
		else {
			const code = text.codePointAt(i) ?? 0;
			if (code > 0xffff) i++;
			at = putRune(bytes, at, code);
		}
	}
	return bytes;
}

function putRune(bytes: Uint8Array, start: number, code: number): number {
	let at = start;
	if (code < 0x800) bytes[at++] = 0xc0 | (code >> 6);
	else {
		if (code < 0x10000) bytes[at++] = 0xe0 | (code >> 12);
		else {
			bytes[at++] = 0xf0 | (code >> 18);
			bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
		}
		bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
	}
	bytes[at++] = 0x80 | (code & 0x3f);
	return at;
}

/** The text of bytes; what is not UTF-8 is escaped byte by byte. */
export function textOfBytes(bytes: Uint8Array): string {
	try {
		return decoder.decode(bytes);
	} catch {
		return escapedText(bytes);
	}
}

function escapedText(bytes: Uint8Array): string {
	const parts: string[] = [];
	for (let at = 0; at < bytes.length; ) {
		const [code, size] = runeAt(bytes, at);
		parts.push(String.fromCodePoint(code));
		at += size;
	}
	return parts.join("");
}

/** Code point (or escaped byte) and length of the rune that starts at `at`. Unicode 15, table 3-7. */
function runeAt(bytes: Uint8Array, at: number): readonly [number, number] {
	const first = bytes[at] ?? 0;
	if (first < 0x80) return [first, 1];
	const size =
		first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
	let code = size === 2 ? first & 0x1f : size === 3 ? first & 0x0f : first & 0x07;
	for (let i = 1; i < size; i++) {
		const next = bytes[at + i] ?? 0;
		if ((next & 0xc0) !== 0x80) return [0xdc00 + first, 1];
		code = (code << 6) | (next & 0x3f);
	}
	const smallest = size === 3 ? 0x800 : size === 4 ? 0x10000 : 0x80;
	const valid = size > 0 && code >= smallest && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
	return valid ? [code, size] : [0xdc00 + first, 1];
}

/** Bytes `from` up to (not including) `to`. */
export function sliceBytes(text: string, from: number, to: number): string {
	if (isAscii(text)) return text.slice(from, to);
	return textOfBytes(bytesOfText(text).subarray(from, to));
}

/** The byte at an index that is inside the text. */
export function byteAt(text: string, index: number): number {
	if (isAscii(text)) return text.charCodeAt(index);
	return bytesOfText(text)[index] ?? 0;
}

/** Texts put one after the other; halves of a character that were cut apart become one again. */
export function joinTexts(texts: readonly string[]): string {
	const joined = texts.join("");
	return !isWellFormed(joined) && hasEscapedBytes(joined) ? textOfBytes(bytesOfText(joined)) : joined;
}

/** Whether no half of a character (so no escaped byte either) is in it. Node 20 has the method, the compiler's library not yet. */
function isWellFormed(text: string): boolean {
	return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** As Go's encoding/json shows a text: each byte that is not UTF-8 is U+FFFD. */
export function wellFormed(text: string): string {
	return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function isAscii(text: string): boolean {
	return byteLength(text) === text.length && !hasEscapedBytes(text);
}

function hasEscapedBytes(text: string): boolean {
	// The first test costs next to nothing on texts without characters beyond U+FFFF.
	return /[\udc80-\udcff]/.test(text) && /\p{Surrogate}/u.test(text);
}

function isHigh(unit: number): boolean {
	return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
	return unit >= 0xdc00 && unit < 0xe000;
}

/** Whether a UTF-16 unit that is no part of a pair stands for a byte. */
export function isEscapedByte(unit: number): boolean {
	return unit >= 0xdc80 && unit <= 0xdcff;
}

/** Compares two texts byte by byte, which for UTF-8 is the order of code points: negative, 0 or positive. */
export function compareTexts(left: string, right: string): number {
	if (left === right) return 0;
	const common = Math.min(left.length, right.length);
	for (let i = 0; i < common; i++) {
		const a = left.charCodeAt(i);
		const b = right.charCodeAt(i);
		if (a === b) continue;
		if (a < 0xd800 && b < 0xd800) return a - b;
		return compareBytes(bytesOfText(left), bytesOfText(right));
	}
	return left.length - right.length;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
	const common = Math.min(left.length, right.length);
	for (let i = 0; i < common; i++) {
		const difference = (left[i] ?? 0) - (right[i] ?? 0);
		if (difference !== 0) return difference;
	}
	return left.length - right.length;
}
