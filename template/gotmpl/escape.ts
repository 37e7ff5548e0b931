import { bytesOfText, isEscapedByte } from "./bytes.ts";
import { isPrintable } from "./format/quote.ts";

const htmlEscapes: Readonly<Record<string, string>> = {
	'"': "&#34;",
	"'": "&#39;",
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\0": "\ufffd",
};

/** A text for use in HTML. */
export function escapeHtml(text: string): string {
	return text.replace(/["'&<>\0]/g, (character) => htmlEscapes[character] ?? character);
}

const jsEscapes: Readonly<Record<string, string>> = {
	"\\": "\\\\",
	"'": "\\'",
	'"': '\\"',
	"<": "\\u003C",
	">": "\\u003E",
	"&": "\\u0026",
	"=": "\\u003D",
};

/** A text for use between quotes in JavaScript. */
export function escapeJs(text: string): string {
	const parts: string[] = [];
	for (const character of text) {
		const escaped = jsEscapes[character];
		if (escaped !== undefined) parts.push(escaped);
		else if (isPrintable(character) || isEscapedByte(character.codePointAt(0) ?? 0)) parts.push(character);
		else parts.push(`\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`);
	}
	return parts.join("");
}

/** A text for use as part of a URL's query: a blank is `+`, all but letters, digits and `-_.~` is escaped by bytes. */
export function escapeQuery(text: string): string {
	const parts: string[] = [];
	for (const byte of bytesOfText(text)) {
		const character = String.fromCharCode(byte);
		if (/^[\w.~-]$/.test(character)) parts.push(character);
		else parts.push(byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);
	}
	return parts.join("");
}
