import { createHash } from "node:crypto";
import { bytesOfText, type GoValue, goFunc, textOfBytes } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";
import { base64, decodeBase64, hashHex } from "../encoding.ts";
import { jsonString } from "../json.ts";
import { mapRunes, splitText, titleCase, trimSet, trimSpace } from "../text.ts";
import { textList, textValue } from "./convert.ts";
import { camelCase, swapCase, words } from "./letter-case.ts";
import { wrapText } from "./wrap.ts";

const text1 = "func(string) string";
const text2 = "func(string, string) string";

/** Texts. */
export const stringFunctions: FunctionFamily = {
	hello: goFunc("func() string", () => "Hello!"),
	upper: goFunc(text1, (text: string) => mapRunes(text, (rune) => rune.toUpperCase())),
	lower: goFunc(text1, (text: string) => mapRunes(text, (rune) => rune.toLowerCase())),
	title: goFunc(text1, titleCase),
	untitle: goFunc(text1, (text: string) => text.replace(/(^|\s)(\S)/g, (_, gap, letter) => gap + letter.toLowerCase())),
	swapcase: goFunc(text1, swapCase),
	camelcase: goFunc(text1, camelCase),
	snakecase: goFunc(text1, (text: string) => words(text).join("_")),
	kebabcase: goFunc(text1, (text: string) => words(text).join("-")),
	initials: goFunc(text1, (text: string) => (text.match(/(?<=^|\s)\S/gu) ?? []).join("")),
	nospace: goFunc(text1, (text: string) => text.replace(/\s+/g, "")),
	trim: goFunc(text1, trimSpace),
	trimAll: goFunc(text2, (cutset: string, text: string) => trimSet(text, cutset)),
	trimall: goFunc(text2, (cutset: string, text: string) => trimSet(text, cutset)),
	trimPrefix: goFunc(text2, (prefix: string, text: string) =>
		text.startsWith(prefix) ? text.slice(prefix.length) : text,
	),
	trimSuffix: goFunc(text2, (suffix: string, text: string) =>
		suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
	),
	contains: goFunc("func(string, string) bool", (part: string, text: string) => text.includes(part)),
	hasPrefix: goFunc("func(string, string) bool", (prefix: string, text: string) => text.startsWith(prefix)),
	hasSuffix: goFunc("func(string, string) bool", (suffix: string, text: string) => text.endsWith(suffix)),
	repeat: goFunc("func(int, string) string", (count: number, text: string) => text.repeat(notNegative(count))),
	replace: goFunc("func(string, string, string) string", (from: string, to: string, text: string) =>
		from === "" ? to + [...text].map((rune) => rune + to).join("") : text.replaceAll(from, () => to),
	),
	substr: goFunc("func(int, int, string) string", (start: number, end: number, text: string) =>
		substring(text, start, end),
	),
	trunc: goFunc("func(int, string) string", (count: number, text: string) => {
		const bytes = bytesOfText(text);
		if (count < 0) return bytes.length + count > 0 ? textOfBytes(bytes.subarray(bytes.length + count)) : text;
		return bytes.length > count ? textOfBytes(bytes.subarray(0, count)) : text;
	}),
	abbrev: goFunc("func(int, string) string", (width: number, text: string) =>
		width < 4 ? text : abbreviated(text, 0, width),
	),
	abbrevboth: goFunc("func(int, int, string) string", (left: number, right: number, text: string) =>
		right < 4 || (left > 0 && right < 7) ? text : abbreviated(text, left, right),
	),
	wrap: goFunc("func(int, string) string", (width: number, text: string) => wrapText(text, width, "\n", false)),
	wrapWith: goFunc("func(int, string, string) string", (width: number, newline: string, text: string) =>
		wrapText(text, width, newline === "" ? "\n" : newline, true),
	),
	indent: goFunc("func(int, string) string", (spaces: number, text: string) => indented(spaces, text)),
	nindent: goFunc("func(int, string) string", (spaces: number, text: string) => `\n${indented(spaces, text)}`),
	plural: goFunc("func(string, string, int) string", (one: string, many: string, count: number) =>
		count === 1 ? one : many,
	),
	quote: goFunc("func(...any) string", (...values: GoValue[]) =>
		present(values)
			.map((value) => jsonString(textValue(value), false))
			.join(" "),
	),
	squote: goFunc("func(...any) string", (...values: GoValue[]) =>
		present(values)
			.map((value) => `'${textValue(value)}'`)
			.join(" "),
	),
	cat: goFunc("func(...any) string", (...values: GoValue[]) => present(values).map(textValue).join(" ")),
	toString: goFunc("func(any) string", textValue),
	toStrings: goFunc("func(any) []string", textList),
	join: goFunc("func(string, any) string", (separator: string, list: GoValue) => textList(list).join(separator)),
	sortAlpha: goFunc("func(any) []string", (list: GoValue) =>
		textList(list).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
	),
	splitList: goFunc("func(string, string) []string", (separator: string, text: string) => splitText(text, separator)),
	split: goFunc("func(string, string) map[string]string", (separator: string, text: string) =>
		numbered(splitText(text, separator)),
	),
	splitn: goFunc("func(string, int, string) map[string]string", (separator: string, count: number, text: string) => {
		const parts = splitText(text, separator);
		const kept = count < 0 ? parts : parts.slice(0, Math.max(0, count - 1));
		const rest = count > 0 && parts.length >= count ? [parts.slice(count - 1).join(separator)] : [];
		return numbered(count < 0 ? parts : [...kept, ...rest]);
	}),
	b64enc: goFunc(text1, base64),
	b64dec: goFunc(text1, (text: string) => orMessage(() => decodeBase64(text))),
	b32enc: goFunc(text1, base32),
	b32dec: goFunc(text1, (text: string) => orMessage(() => fromBase32(text))),
	sha1sum: goFunc(text1, (text: string) => hashHex("sha1", text)),
	sha256sum: goFunc(text1, (text: string) => hashHex("sha256", text)),
	sha512sum: goFunc(text1, (text: string) => createHash("sha512").update(bytesOfText(text)).digest("hex")),
	adler32sum: goFunc(text1, adler32),
};

function present(values: readonly GoValue[]): readonly GoValue[] {
	return values.filter((value) => value !== null && value !== undefined);
}

function substring(text: string, start: number, end: number): string {
	const bytes = bytesOfText(text);
	const [from, to] = start < 0 ? [0, end] : [start, end < 0 || end > bytes.length ? bytes.length : end];
	if (to > bytes.length) throw outOfRange(`:${to}] with length ${bytes.length}`);
	if (from > to) throw outOfRange(start < 0 ? `:${to}]` : `${from}:${to}]`);
	return textOfBytes(bytes.subarray(from, to));
}

function outOfRange(bounds: string): Error {
	return new Error(`runtime error: slice bounds out of range [${bounds}`);
}

function notNegative(count: number): number {
	if (count < 0) throw new Error("strings: negative Repeat count");
	return count;
}

/** goutils' `AbbreviateFull`: `...` at the ends that were cut, `offset` being in the middle. */
function abbreviated(text: string, offset: number, width: number): string {
	if (text.length <= width) return text;
	const from = Math.min(offset, text.length, text.length - (width - 3));
	if (offset === 0 || from <= 4) return `${text.slice(0, width - 3)}...`;
	if (from + width - 3 < text.length) return `...${abbreviated(text.slice(from), 0, width - 3)}`;
	return `...${text.slice(text.length - (width - 3))}`;
}

function indented(spaces: number, text: string): string {
	const blanks = " ".repeat(notNegative(spaces));
	return blanks + text.replaceAll("\n", `\n${blanks}`);
}

function numbered(parts: readonly string[]): Map<string, string> {
	return new Map(parts.map((part, at) => [`_${at}`, part]));
}

/** sprig gives the error's text as the result. */
function orMessage(run: () => string): string {
	try {
		return run();
	} catch (error) {
		return (error as Error).message;
	}
}

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(text: string): string {
	const bits = [...bytesOfText(text)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
	const characters = (bits.match(/.{1,5}/g) ?? []).map(
		(five) => base32Alphabet[Number.parseInt(five.padEnd(5, "0"), 2)],
	);
	return characters.join("").padEnd(Math.ceil(characters.length / 8) * 8, "=");
}

function fromBase32(text: string): string {
	const encoded = text.replace(/[\r\n]/g, "");
	const digits = encoded.replace(/=+$/, "");
	if (encoded.length % 8 !== 0)
		throw new Error(`illegal base32 data at input byte ${encoded.length - (encoded.length % 8)}`);
	const bits = [...digits].map((digit, at) => {
		const value = base32Alphabet.indexOf(digit);
		if (value < 0) throw new Error(`illegal base32 data at input byte ${at}`);
		return value.toString(2).padStart(5, "0");
	});
	const bytes = bits.join("").match(/.{8}/g) ?? [];
	return textOfBytes(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2)));
}

/** RFC 1950, in decimal. */
function adler32(text: string): string {
	let a = 1;
	let b = 0;
	for (const byte of bytesOfText(text)) {
		a = (a + byte) % 65521;
		b = (b + a) % 65521;
	}
	return String(b * 65536 + a);
}
