import { type Cursor, createCursor, found } from "./cursor.ts";
import type { ConfigEntry, ConfigNode, ConfigObject } from "./node.ts";

const depthMax = 100;

/**
 * Reads a JSON file (RFC 8259) as the same model as HCL, with places. The top must be an object.
 *
 * Error: `CONFIG_SYNTAX`, its text starting with `FILE:LINE:COLUMN: `.
 */
export function parseJsonConfig(text: string, file: string): ConfigObject {
	const cursor = createCursor(text.replace(/^\ufeff/, ""), file);
	skipBlanks(cursor);
	if (cursor.peek() !== "{") throw cursor.fail(`expected "{", found ${found(cursor)}`);
	const top = takeObject(cursor, 0);
	skipBlanks(cursor);
	if (!cursor.ended) throw cursor.fail(`expected the end of the file, found ${found(cursor)}`);
	return top;
}

function takeValue(cursor: Cursor, depth: number): ConfigNode {
	if (depth > depthMax) throw cursor.fail(`more than ${depthMax} objects and lists inside each other`);
	const at = cursor.position();
	switch (cursor.peek()) {
		case "{":
			return takeObject(cursor, depth);
		case "[":
			return { kind: "list", items: takeSeparated(cursor, "]", () => takeValue(cursor, depth + 1)), at };
		case '"':
			return { kind: "string", value: takeString(cursor), at };
	}
	const number = cursor.take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])/y);
	if (number !== undefined) return { kind: "number", value: Number(number), text: number, at };
	const word = cursor.take(/(?:true|false|null)\b/y);
	if (word === undefined) throw cursor.fail(`expected a value, found ${found(cursor)}`);
	return word === "null" ? { kind: "null", at } : { kind: "bool", value: word === "true", at };
}

function takeObject(cursor: Cursor, depth: number): ConfigObject {
	const at = cursor.position();
	return { kind: "object", entries: takeSeparated(cursor, "}", () => takeEntry(cursor, depth)), at };
}

function takeEntry(cursor: Cursor, depth: number): ConfigEntry {
	const at = cursor.position();
	if (cursor.peek() !== '"') throw cursor.fail(`expected a key in quotes, found ${found(cursor)}`);
	const key = takeString(cursor);
	skipBlanks(cursor);
	if (cursor.peek() !== ":") throw cursor.fail(`expected ":" after the key "${key}", found ${found(cursor)}`);
	cursor.skip(1);
	skipBlanks(cursor);
	return { key, at, value: takeValue(cursor, depth + 1) };
}

/** An opening bracket, elements between commas, and the closing bracket. */
function takeSeparated<T>(cursor: Cursor, closing: string, takeElement: () => T): T[] {
	const elements: T[] = [];
	cursor.skip(1);
	skipBlanks(cursor);
	if (cursor.peek() === closing) {
		cursor.skip(1);
		return elements;
	}
	for (;;) {
		elements.push(takeElement());
		skipBlanks(cursor);
		const separator = cursor.peek();
		if (separator !== "," && separator !== closing) {
			throw cursor.fail(`expected "," or "${closing}", found ${found(cursor)}`);
		}
		cursor.skip(1);
		if (separator === closing) return elements;
		skipBlanks(cursor);
	}
}

function takeString(cursor: Cursor): string {
	const start = cursor.position();
	// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 forbids exactly these inside a string
	const literal = cursor.take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
	if (literal === undefined)
		throw cursor.fail("the string has no closing quote, a raw line break or an unknown escape", start);
	return JSON.parse(literal) as string;
}

function skipBlanks(cursor: Cursor): void {
	cursor.take(/[ \t\r\n]+/y);
}
