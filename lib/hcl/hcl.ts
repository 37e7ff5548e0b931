import { type Cursor, createCursor, found } from "./cursor.ts";
import { takeHeredoc } from "./heredoc.ts";
import type { ConfigEntry, ConfigNode, ConfigObject, Position } from "./node.ts";
import { takeNumber } from "./number.ts";
import { takeHclString } from "./string.ts";

/** Objects and lists inside each other; deeper is a mistake or an attack. */
const depthMax = 100;

/**
 * Reads HCL 1: `key = value`, blocks with labels, lists, heredocs, comments. Arguments may share a line, with commas or without.
 *
 * Error: `CONFIG_SYNTAX`, its text starting with `FILE:LINE:COLUMN: `.
 */
export function parseHcl(text: string, file: string): ConfigObject {
	const cursor = createCursor(text.replace(/^\ufeff/, ""), file);
	const at = cursor.position();
	const entries = takeEntries(cursor, 0);
	if (!cursor.ended) throw cursor.fail(`expected a key, found ${found(cursor)}`);
	return { kind: "object", entries, at };
}

/** Entries up to a closing brace or the end of the file. */
function takeEntries(cursor: Cursor, depth: number): ConfigEntry[] {
	const entries: ConfigEntry[] = [];
	for (;;) {
		skipBlanks(cursor);
		if (cursor.ended || cursor.peek() === "}") return entries;
		entries.push(takeEntry(cursor, depth));
		skipBlanks(cursor);
		if (cursor.peek() === ",") cursor.skip(1);
	}
}

function takeEntry(cursor: Cursor, depth: number): ConfigEntry {
	const keys: { readonly key: string; readonly at: Position }[] = [];
	for (;;) {
		const at = cursor.position();
		const key = cursor.peek() === '"' ? takeHclString(cursor) : cursor.take(/[\p{L}_][\p{L}\p{Nd}_.-]*/uy);
		if (key === undefined) break;
		keys.push({ key, at });
		skipBlanks(cursor);
	}
	const [first, ...labels] = keys;
	if (first === undefined) throw cursor.fail(`expected a key, found ${found(cursor)}`);
	if (cursor.peek() === "=") {
		if (labels.length > 0) {
			throw cursor.fail(`"${first.key}" has a label, so "{" must follow, not "="; or write ${first.key} = ...`);
		}
		cursor.skip(1);
		skipBlanks(cursor);
		return { key: first.key, at: first.at, value: takeValue(cursor, depth + 1) };
	}
	if (cursor.peek() !== "{") {
		throw cursor.fail(`expected "=" or "{" after the key "${keys.at(-1)?.key}", found ${found(cursor)}`);
	}
	let value: ConfigNode = takeObject(cursor, depth + 1);
	for (const label of labels.reverse()) {
		value = { kind: "object", entries: [{ key: label.key, at: label.at, value }], at: label.at };
	}
	return { key: first.key, at: first.at, value };
}

function takeObject(cursor: Cursor, depth: number): ConfigObject {
	if (depth > depthMax) throw cursor.fail(`more than ${depthMax} objects and lists inside each other`);
	const at = cursor.position();
	cursor.skip(1);
	const entries = takeEntries(cursor, depth);
	if (cursor.ended) throw cursor.fail('expected "}", found the end of the file', at);
	cursor.skip(1);
	return { kind: "object", entries, at };
}

function takeList(cursor: Cursor, depth: number): ConfigNode {
	if (depth > depthMax) throw cursor.fail(`more than ${depthMax} objects and lists inside each other`);
	const at = cursor.position();
	const items: ConfigNode[] = [];
	cursor.skip(1);
	for (;;) {
		skipBlanks(cursor);
		if (cursor.peek() === "]") break;
		if (cursor.ended) throw cursor.fail('expected "]", found the end of the file', at);
		items.push(takeValue(cursor, depth + 1));
		skipBlanks(cursor);
		if (cursor.peek() === ",") cursor.skip(1);
		else if (cursor.peek() !== "]") throw cursor.fail(`expected "," or "]" in the list, found ${found(cursor)}`);
	}
	cursor.skip(1);
	return { kind: "list", items, at };
}

function takeValue(cursor: Cursor, depth: number): ConfigNode {
	const at = cursor.position();
	const character = cursor.peek();
	if (character === '"') return { kind: "string", value: takeHclString(cursor), at };
	if (character === "{") return takeObject(cursor, depth);
	if (character === "[") return takeList(cursor, depth);
	if (cursor.at("<<")) return { kind: "string", value: takeHeredoc(cursor), at };
	if (/[-\d]/.test(character)) return takeNumber(cursor);
	const word = cursor.take(/[\p{L}_][\p{L}\p{Nd}_.-]*/uy);
	if (word === "true" || word === "false") return { kind: "bool", value: word === "true", at };
	if (word !== undefined) throw cursor.fail(`expected a value, found the bare word ${word}; write "${word}"`, at);
	throw cursor.fail(`expected a value, found ${found(cursor)}`);
}

/** Blanks, newlines and comments (`#`, `//`, `/* ... *\/`). */
function skipBlanks(cursor: Cursor): void {
	for (;;) {
		if (cursor.take(/\s+|#[^\n]*|\/\/[^\n]*/y) !== undefined) continue;
		if (!cursor.at("/*")) return;
		const at = cursor.position();
		if (cursor.take(/\/\*[\s\S]*?\*\//y) === undefined) throw cursor.fail('the comment has no end ("*/")', at);
	}
}
