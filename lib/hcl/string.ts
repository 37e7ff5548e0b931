import type { Cursor } from "./cursor.ts";

const escapes: Readonly<Record<string, string>> = {
	a: "\u0007",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
	'"': '"',
};

/** A string in double quotes. `${...}` is kept as it stands, quotes and newlines inside it included. */
export function takeHclString(cursor: Cursor): string {
	const start = cursor.position();
	cursor.skip(1);
	let value = "";
	for (;;) {
		value += cursor.take(/[^"\\\n$]+/y) ?? "";
		const character = cursor.peek();
		if (character === '"') {
			cursor.skip(1);
			return value;
		}
		if (character === "" || character === "\n") throw cursor.fail("the string has no closing quote", start);
		if (character === "\\") value += takeEscape(cursor);
		else if (cursor.at("${")) value += takeInterpolation(cursor);
		else value += cursor.skip(1);
	}
}

function takeEscape(cursor: Cursor): string {
	const at = cursor.position();
	const letter = cursor.peek(1);
	const plain = escapes[letter];
	if (plain !== undefined) {
		cursor.skip(2);
		return plain;
	}
	const octal = cursor.take(/\\[0-7]{3}/y);
	if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal.slice(1), 8));
	const hex = cursor.take(/\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y);
	const codePoint = hex === undefined ? Number.NaN : Number.parseInt(hex.slice(2), 16);
	if (Number.isNaN(codePoint) || codePoint > 0x10ffff) {
		throw cursor.fail(`"\\${letter}" is no escape; known are \\n \\t \\r \\" \\\\ \\uXXXX`, at);
	}
	return String.fromCodePoint(codePoint);
}

/** `${` to the brace that closes it. */
function takeInterpolation(cursor: Cursor): string {
	const start = cursor.position();
	let text = cursor.skip(2);
	let open = 1;
	while (open > 0) {
		text += cursor.take(/[^{}]+/y) ?? "";
		const brace = cursor.skip(1);
		if (brace === "") throw cursor.fail('"${" has no closing brace', start);
		open += brace === "{" ? 1 : -1;
		text += brace;
	}
	return text;
}
