import { bytesOfText, joinTexts, textOfBytes } from "./bytes.ts";
import { runeText } from "./format/quote.ts";

const escapes: ReadonlyMap<string, number> = new Map([
	["a", 7],
	["b", 8],
	["f", 12],
	["n", 10],
	["r", 13],
	["t", 9],
	["v", 11],
	["\\", 92],
]);

/** The text that a Go string literal (`"..."` or back quotes) stands for; undefined when it is none. */
export function unquote(literal: string): string | undefined {
	if (literal.startsWith("`")) return literal.slice(1, -1).replaceAll("\r", "");
	const parts: string[] = [];
	const end = literal.length - 1;
	for (let at = 1; at < end; ) {
		const read = readCharacter(literal, at, '"');
		if (read === undefined || read.next > end) return undefined;
		parts.push(read.isByte ? textOfBytes(Uint8Array.of(read.code)) : runeText(read.code));
		at = read.next;
	}
	return joinTexts(parts);
}

/** A character literal's code, or what is wrong with it. */
export function unquoteCharacter(literal: string): number | { readonly reason: string } {
	const read = readCharacter(literal, 1, "'");
	if (read === undefined) return { reason: "invalid syntax" };
	if (literal.slice(read.next) !== "'") return { reason: `malformed character constant: ${literal}` };
	return read.code;
}

type Character = { readonly code: number; readonly next: number; readonly isByte: boolean };

/** One character or escape. Go's specification, Rune literals; `\x` and octal escapes of a text are bytes. */
function readCharacter(literal: string, at: number, quote: string): Character | undefined {
	const first = literal[at];
	if (first === undefined || first === quote || first === "\n") return undefined;
	if (first !== "\\") {
		const code = literal.codePointAt(at) ?? 0;
		const isByte = code >= 0xdc80 && code <= 0xdcff;
		return isByte
			? { code: bytesOfText(first)[0] ?? 0, next: at + 1, isByte }
			: { code, next: at + (code > 0xffff ? 2 : 1), isByte };
	}
	const letter = literal[at + 1] ?? "";
	const simple = letter === quote ? quote.charCodeAt(0) : escapes.get(letter);
	if (simple !== undefined) return { code: simple, next: at + 2, isByte: false };
	if (letter === "x") return readDigits(literal, at + 2, 2, 16, true);
	if (letter === "u") return readDigits(literal, at + 2, 4, 16, false);
	if (letter === "U") return readDigits(literal, at + 2, 8, 16, false);
	return readDigits(literal, at + 1, 3, 8, true);
}

function readDigits(literal: string, at: number, count: number, radix: 8 | 16, isByte: boolean): Character | undefined {
	const digits = literal.slice(at, at + count);
	if (digits.length < count || !(radix === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/).test(digits)) return undefined;
	const code = Number.parseInt(digits, radix);
	const valid = isByte ? code <= 0xff : code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
	return valid ? { code, next: at + count, isByte: isByte && code >= 0x80 } : undefined;
}
