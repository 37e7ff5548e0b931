/**
 * Keys of ordered tables, as strings whose native order (by UTF-16 unit) is the order of the original's UTF-8 bytes, which is
 * what the API promises. The mapping is one to one, unit by unit, so that prefixes stay prefixes.
 */

const needsMapping = /[\ud800-\uffff]/;

/**
 * UTF-8 orders by code point. UTF-16 units do too, except that surrogates (U+10000 and above) stand below U+E000-U+FFFF: these
 * two ranges change places. Nearly every key holds neither and is returned as it is.
 */
export function byteOrderKey(text: string): string {
	if (!needsMapping.test(text)) return text;
	let mapped = "";
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		mapped += String.fromCharCode(unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
	}
	return mapped;
}

/**
 * A key of several parts, ordered by the first, then the second, and so on. Parts may hold any character: the separator is
 * NUL NUL, and a NUL inside a part is followed by U+0001.
 */
export function compositeKey(...parts: readonly string[]): string {
	return parts.map((part) => `${byteOrderKey(part).replaceAll("\0", "\0\u0001")}\0\0`).join("");
}

/** Names of nodes, services, checks and their ids are compared without regard to case, as the reference does. */
export function foldCase(name: string): string {
	return name.toLowerCase();
}
