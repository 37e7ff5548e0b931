/** What can be written as JSON. A plain object is a struct: fields in the order given, undefined ones left out. A Map is a map: sorted by key. */
export type Encodable =
	| string
	| number
	| bigint
	| boolean
	| null
	| readonly Encodable[]
	| ReadonlyMap<string, Encodable>
	| { readonly [field: string]: Encodable | undefined };

/** Indentation of one level where answers are made for people to read. */
const indentText = "    ";

/**
 * JSON text as Go's encoding/json writes it: `<`, `>`, `&` and the two line separators escaped, map keys in byte order, integers
 * (bigint too) in full. `pretty` indents with four spaces; `level` is how deep the value stands already.
 */
export function encodeJson(value: Encodable, pretty = false, level = 0): string {
	if (typeof value === "string") return encodeString(value);
	if (typeof value === "number") return encodeNumber(value);
	if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
	if (isArray(value)) {
		return joined(
			"[",
			"]",
			value.map((item) => encodeJson(item, pretty, level + 1)),
			pretty,
			level,
		);
	}
	const fields = isMap(value) ? [...value].sort(([a], [b]) => compareUtf8(a, b)) : Object.entries(value);
	const separator = pretty ? ": " : ":";
	const members: string[] = [];
	for (const [name, field] of fields) {
		if (field === undefined) continue;
		members.push(`${encodeString(name)}${separator}${encodeJson(field, pretty, level + 1)}`);
	}
	return joined("{", "}", members, pretty, level);
}

/** The pieces between a list's brackets (an object's braces), laid out as `encodeJson` does. */
export function joined(open: string, close: string, pieces: readonly string[], pretty: boolean, level: number): string {
	if (pieces.length === 0) return open + close;
	if (!pretty) return open + pieces.join(",") + close;
	const outer = `\n${indentText.repeat(level)}`;
	const inner = outer + indentText;
	return `${open}${inner}${pieces.join(`,${inner}`)}${outer}${close}`;
}

/** Order of two strings as UTF-8 bytes, which is Go's; UTF-16 order differs above U+D7FF. */
export function compareUtf8(a: string, b: string): number {
	const length = Math.min(a.length, b.length);
	for (let at = 0; at < length; at++) {
		const left = a.charCodeAt(at);
		const right = b.charCodeAt(at);
		if (left !== right) {
			// A surrogate stands for a code point above every other unit.
			const leftSurrogate = left >= 0xd800 && left <= 0xdfff;
			const rightSurrogate = right >= 0xd800 && right <= 0xdfff;
			if (leftSurrogate !== rightSurrogate) return leftSurrogate ? 1 : -1;
			return left - right;
		}
	}
	return a.length - b.length;
}

function isArray(value: object): value is readonly Encodable[] {
	return Array.isArray(value);
}

function isMap(value: object): value is ReadonlyMap<string, Encodable> {
	return value instanceof Map;
}

function encodeNumber(value: number): string {
	return Number.isFinite(value) ? String(value) : "0";
}

const htmlCharacters = /[<>&\u2028\u2029]/;

function encodeString(value: string): string {
	const text = JSON.stringify(value);
	return htmlCharacters.test(text) ? text.replace(/[<>&\u2028\u2029]/g, escapedUnit) : text;
}

function escapedUnit(character: string): string {
	return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
