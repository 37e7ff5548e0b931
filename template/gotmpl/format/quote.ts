import { isEscapedByte } from "../bytes.ts";

/** Escapes that have a letter of their own. */
const letters: ReadonlyMap<string, string> = new Map([
	["\x07", "\\a"],
	["\b", "\\b"],
	["\f", "\\f"],
	["\n", "\\n"],
	["\r", "\\r"],
	["\t", "\\t"],
	["\v", "\\v"],
	["\\", "\\\\"],
]);

/** Letters, marks, numbers, punctuation, symbols and the ASCII space: what Go calls printable. */
export function isPrintable(character: string): boolean {
	return character === " " || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

/** A text as a Go literal in double quotes; with `ascii` everything beyond ASCII is escaped (`%q`, `%+q`). */
export function quote(text: string, ascii = false): string {
	const parts = ['"'];
	for (const character of text) parts.push(character === '"' ? '\\"' : escapeCharacter(character, ascii));
	return `${parts.join("")}"`;
}

/** A code point as a Go character literal; one that is no character is U+FFFD. */
export function quoteRune(code: number | bigint, ascii = false): string {
	const character = runeText(code);
	return `'${character === "'" ? "\\'" : escapeCharacter(character, ascii)}'`;
}

/** The character of a code point, U+FFFD when there is none. */
export function runeText(code: number | bigint): string {
	const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
	return valid ? String.fromCodePoint(Number(code)) : "\ufffd";
}

/** Whether the text can stand between back quotes as it is. */
export function canBackquote(text: string): boolean {
	for (const character of text) {
		const code = character.codePointAt(0) ?? 0;
		if ((code < 0x20 && code !== 9) || code === 0x60 || code === 0x7f || code === 0xfeff) return false;
		if (code >= 0xd800 && code <= 0xdfff) return false;
	}
	return true;
}

function escapeCharacter(character: string, ascii: boolean): string {
	const code = character.codePointAt(0) ?? 0;
	const letter = letters.get(character);
	if (letter !== undefined) return letter;
	if (isPrintable(character) && (!ascii || code < 0x80)) return character;
	if (isEscapedByte(code)) return `\\x${hex(code - 0xdc00, 2)}`;
	if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
	if (code >= 0xd800 && code <= 0xdfff) return "\\ufffd";
	return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
	return code.toString(16).padStart(digits, "0");
}

/** `U+00E9 'é'`: how Go names a character in an error (`%#U`). */
export function nameRune(character: string): string {
	const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
	return `U+${code}${isPrintable(character) ? ` '${character}'` : ""}`;
}
