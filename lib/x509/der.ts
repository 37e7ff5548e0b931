/** Distinguished Encoding Rules (ITU-T X.690), as far as certificates need them. Each function gives one whole element. */

/** An element of any tag around its content. */
function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
	const body = Buffer.concat(content);
	return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body]);
}

/** X.690 §8.1.3: up to 127 in one octet, else the count of octets that follow. */
function lengthOctets(length: number): Buffer {
	if (length < 0x80) return Buffer.from([length]);
	const octets: number[] = [];
	for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
	return Buffer.from([0x80 | octets.length, ...octets]);
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content);
export const set = (...content: readonly Uint8Array[]): Buffer => element(0x31, ...content);
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
export const octetString = (content: Uint8Array): Buffer => element(0x04, content);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text));
export const printableString = (text: string): Buffer => element(0x13, Buffer.from(text, "latin1"));

/** An unsigned number, most significant octet first; a leading zero keeps it positive. */
export function unsignedInteger(magnitude: Uint8Array): Buffer {
	let start = 0;
	while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
	const octets = magnitude.subarray(start);
	return element(0x02, ...((octets[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), octets);
}

/** `unusedBits`: how many bits of the last octet do not count. */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
	return element(0x03, Buffer.from([unusedBits]), content);
}

/** `1.2.840.10045.2.1` (X.690 §8.19). */
export function objectIdentifier(dotted: string): Buffer {
	const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
	return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
	const octets = [arc % 128];
	for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80);
	return octets;
}

/** RFC 5280 §4.1.2.5: UTCTime up to 2049, GeneralizedTime from then on. */
export function time(epochMs: number): Buffer {
	const text = `${new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/g, "")}`;
	const year = Number(text.slice(0, 4));
	return year < 2050 ? element(0x17, Buffer.from(text.slice(2))) : element(0x18, Buffer.from(text));
}

/** `[number]` of the context; `constructed` when its content is elements. */
export function context(number: number, constructed: boolean, ...content: readonly Uint8Array[]): Buffer {
	return element(0x80 | (constructed ? 0x20 : 0) | number, ...content);
}
