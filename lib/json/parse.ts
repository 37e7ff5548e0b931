import { DiscoError } from "../errors.ts";

/** A parsed JSON value. Integers beyond 2^53 are bigint; of a repeated name the last value counts. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | ReadonlyMap<string, Json>;

/** Deeper nesting is refused: it is an attack on the stack, not data. */
const depthMax = 200;

/**
 * The first JSON value of `text`; what follows it is ignored, as Go's `json.Decoder` does. Fails with `JSON_INVALID`: `EOF`
 * for nothing but white space, `unexpected EOF` when it breaks off, otherwise what stands where.
 */
export function parseFirstJson(text: string): Json {
	const state: Reader = { text, at: 0 };
	skipSpace(state);
	if (state.at >= text.length) throw new DiscoError("JSON_INVALID", "EOF");
	return readValue(state, 0);
}

interface Reader {
	readonly text: string;
	at: number;
}

function readValue(reader: Reader, depth: number): Json {
	if (depth > depthMax) throw new DiscoError("JSON_INVALID", `nested deeper than ${depthMax} levels`);
	skipSpace(reader);
	const character = reader.text[reader.at];
	switch (character) {
		case undefined:
			throw cutOff();
		case "{":
			return readObject(reader, depth);
		case "[":
			return readArray(reader, depth);
		case '"':
			return readString(reader);
		case "t":
			return readWord(reader, "true", true);
		case "f":
			return readWord(reader, "false", false);
		case "n":
			return readWord(reader, "null", null);
		default:
			return readNumber(reader);
	}
}

function readObject(reader: Reader, depth: number): ReadonlyMap<string, Json> {
	const members = new Map<string, Json>();
	reader.at++;
	skipSpace(reader);
	if (reader.text[reader.at] === "}") {
		reader.at++;
		return members;
	}
	for (;;) {
		skipSpace(reader);
		if (reader.text[reader.at] !== '"') throw unexpected(reader, "looking for beginning of object key string");
		const name = readString(reader);
		skipSpace(reader);
		if (reader.text[reader.at] !== ":") throw unexpected(reader, "after object key");
		reader.at++;
		members.set(name, readValue(reader, depth + 1));
		skipSpace(reader);
		const next = reader.text[reader.at];
		if (next === "}") break;
		if (next !== ",") throw unexpected(reader, "after object key:value pair");
		reader.at++;
	}
	reader.at++;
	return members;
}

function readArray(reader: Reader, depth: number): readonly Json[] {
	const items: Json[] = [];
	reader.at++;
	skipSpace(reader);
	if (reader.text[reader.at] === "]") {
		reader.at++;
		return items;
	}
	for (;;) {
		items.push(readValue(reader, depth + 1));
		skipSpace(reader);
		const next = reader.text[reader.at];
		if (next === "]") break;
		if (next !== ",") throw unexpected(reader, "after array element");
		reader.at++;
	}
	reader.at++;
	return items;
}

function readString(reader: Reader): string {
	const start = reader.at;
	let end = start + 1;
	for (; ; end++) {
		const code = reader.text.charCodeAt(end);
		if (Number.isNaN(code)) throw cutOff();
		if (code === 0x22) break;
		if (code === 0x5c) end++;
		else if (code < 0x20) {
			reader.at = end;
			throw unexpected(reader, "in string literal");
		}
	}
	reader.at = end + 1;
	const literal = reader.text.slice(start, end + 1);
	try {
		const parsed: unknown = JSON.parse(literal);
		return String(parsed);
	} catch {
		throw new DiscoError("JSON_INVALID", `invalid escape in string literal ${literal}`);
	}
}

function readWord<Value>(reader: Reader, word: string, value: Value): Value {
	for (const [offset, character] of [...word].entries()) {
		if (reader.text[reader.at + offset] !== character) {
			reader.at += offset;
			throw unexpected(reader, `in literal ${word} (expecting '${character}')`);
		}
	}
	reader.at += word.length;
	return value;
}

function readNumber(reader: Reader): number | bigint {
	const pattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
	pattern.lastIndex = reader.at;
	const match = pattern.exec(reader.text);
	if (match === null) throw unexpected(reader, "looking for beginning of value");
	reader.at = pattern.lastIndex;
	const value = Number(match[0]);
	const isInteger = match[1] === undefined && match[2] === undefined;
	return isInteger && !Number.isSafeInteger(value) ? BigInt(match[0]) : value;
}

function skipSpace(reader: Reader): void {
	for (;;) {
		const code = reader.text.charCodeAt(reader.at);
		if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
		reader.at++;
	}
}

function cutOff(): DiscoError {
	return new DiscoError("JSON_INVALID", "unexpected EOF");
}

function unexpected(reader: Reader, where: string): DiscoError {
	const character = reader.text[reader.at];
	if (character === undefined) return cutOff();
	return new DiscoError("JSON_INVALID", `invalid character ${JSON.stringify(character)} ${where}`);
}
