import { DiscoError } from "../errors.ts";
import type { Position } from "./node.ts";

/** Walks over a file's text and knows the place. Both syntaxes read through it. */
export interface Cursor {
	/** The character at the place, or `distance` after it; empty at the end. */
	peek(distance?: number): string;
	/** Whether the text goes on with `expected`. */
	at(expected: string): boolean;
	/** The match of a sticky (`y`) expression at the place, stepped over; undefined when there is none. */
	take(pattern: RegExp): string | undefined;
	/** Steps over `count` characters (UTF-16 units) and gives them. */
	skip(count: number): string;
	readonly ended: boolean;
	position(): Position;
	/** Error `CONFIG_SYNTAX` with `FILE:LINE:COLUMN: ` before the text. */
	fail(message: string, at?: Position): DiscoError;
}

export function createCursor(text: string, file: string): Cursor {
	let offset = 0;
	let line = 1;
	let lineStart = 0;
	const skip = (count: number) => {
		const taken = text.slice(offset, offset + count);
		for (let newline = taken.indexOf("\n"); newline >= 0; newline = taken.indexOf("\n", newline + 1)) {
			line++;
			lineStart = offset + newline + 1;
		}
		offset += taken.length;
		return taken;
	};
	const position = () => ({ file, line, column: [...text.slice(lineStart, offset)].length + 1 });
	return {
		peek: (distance = 0) => text[offset + distance] ?? "",
		at: (expected) => text.startsWith(expected, offset),
		take(pattern) {
			pattern.lastIndex = offset;
			const match = pattern.exec(text);
			return match === null ? undefined : skip(match[0].length);
		},
		skip,
		get ended() {
			return offset >= text.length;
		},
		position,
		fail: (message, at = position()) => configError("CONFIG_SYNTAX", at, message),
	};
}

/** An error of a configuration file whose text starts with the place. */
export function configError(code: string, at: Position, message: string): DiscoError {
	return new DiscoError(code, `${at.file}:${at.line}:${at.column}: ${message}`);
}

/** How a message names what was found instead of what was expected. */
export function found(cursor: Cursor): string {
	if (cursor.ended) return "the end of the file";
	const character = cursor.peek();
	return character === "\n" || character === "\r" ? "the end of the line" : JSON.stringify(character);
}
