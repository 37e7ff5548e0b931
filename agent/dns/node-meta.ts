import type { StringMap } from "../rpc/index.ts";

/** Keys that begin so (in any case) give their bare value: for TXT records of another form than `key=value`. */
const rawPrefix = "rfc1035-";
/** A character string's length is one byte (RFC 1035 section 3.3). */
const textBytesMax = 255;

/** A node's metadata as TXT contents, one for each key: `key=value` with RFC 1464 quoting, cut into strings of 255 bytes. */
export function nodeMetaTexts(meta: StringMap): readonly (readonly Uint8Array[])[] {
	return Object.entries(meta).map(([key, value]) =>
		chunks(Buffer.from(key.toLowerCase().startsWith(rawPrefix) ? value : `${quotedKey(key)}=${quotedValue(value)}`)),
	);
}

/** RFC 1464 section 3: a backtick quotes `=`, the backtick itself, and blanks at the ends of the key. */
function quotedKey(key: string): string {
	const quoted = key.replaceAll("`", "``").replaceAll("=", "`=");
	return quoted.replace(/^[ \t]+|[ \t]+$/g, (blanks) => blanks.replace(/[ \t]/g, "`$&"));
}

function quotedValue(value: string): string {
	return value.replaceAll("`", "``");
}

function chunks(text: Uint8Array): readonly Uint8Array[] {
	const count = Math.max(1, Math.ceil(text.length / textBytesMax));
	return Array.from({ length: count }, (_, at) => text.subarray(at * textBytesMax, (at + 1) * textBytesMax));
}
