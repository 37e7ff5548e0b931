import { goFunc, wellFormed } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";

/** Text functions; the subject comes last, for pipelines. */
export const textFunctions: FunctionFamily = {
	toLower: goFunc("func(string) (string, error)", (text: string) => mapRunes(text, (rune) => rune.toLowerCase())),
	toUpper: goFunc("func(string) (string, error)", (text: string) => mapRunes(text, (rune) => rune.toUpperCase())),
	toTitle: goFunc("func(string) (string, error)", wordTitle),
	trim: goFunc("func(string, string) (string, error)", (cutset: string, text: string) => trimSet(text, cutset)),
	trimPrefix: goFunc("func(string, string) (string, error)", (prefix: string, text: string) =>
		prefix !== "" && text.startsWith(prefix) ? text.slice(prefix.length) : text,
	),
	trimSuffix: goFunc("func(string, string) (string, error)", (suffix: string, text: string) =>
		suffix !== "" && text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
	),
	trimSpace: goFunc("func(string) (string, error)", trimSpace),
	replaceAll: goFunc("func(string, string, string) (string, error)", (from: string, to: string, text: string) =>
		replaceAll(text, from, to),
	),
	split: goFunc("func(string, string) ([]string, error)", (separator: string, text: string) => {
		const trimmed = trimSpace(text);
		return trimmed === "" ? [] : splitText(trimmed, separator);
	}),
	splitToMap: goFunc(
		"func(string, string, string) (map[string]string, error)",
		(pairSeparator: string, keySeparator: string, text: string) => {
			const map = new Map<string, string>();
			const trimmed = trimSpace(text);
			if (trimmed === "") return map;
			for (const part of splitText(trimmed, pairSeparator)) {
				const at = part.indexOf(keySeparator);
				if (at >= 0) map.set(part.slice(0, at), part.slice(at + keySeparator.length));
			}
			return map;
		},
	),
	join: goFunc("func(string, []string) (string, error)", (separator: string, list: readonly string[]) =>
		(list ?? []).join(separator),
	),
	indent: goFunc("func(int, string) (string, error)", (spaces: number, text: string) => {
		if (spaces < 0) throw new Error("indent value must be a positive integer");
		const blanks = " ".repeat(spaces);
		return text.replace(/^(?=[^\n])/gm, blanks);
	}),
};

/** What Go's `unicode.IsSpace` takes, at both ends. */
export function trimSpace(text: string): string {
	return text
		.replace(/^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, "")
		.replace(/[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/, "");
}

/** Go's `strings.Trim`: every rune of the set, at both ends. */
export function trimSet(text: string, cutset: string): string {
	const set = new Set(cutset);
	const runes = [...text];
	let start = 0;
	let end = runes.length;
	while (start < end && set.has(runes[start] ?? "")) start++;
	while (end > start && set.has(runes[end - 1] ?? "")) end--;
	return runes.slice(start, end).join("");
}

/** Go's `strings.ReplaceAll`: an empty `from` matches before every rune and at the end. */
function replaceAll(text: string, from: string, to: string): string {
	if (from !== "") return text.replaceAll(from, () => to);
	return to + [...text].map((rune) => rune + to).join("");
}

/** Go's `strings.Split`: an empty separator splits runes. */
export function splitText(text: string, separator: string): string[] {
	return separator === "" ? [...text] : text.split(separator);
}

/** Go maps rune by rune, so that nothing becomes longer: `ß` stays. */
export function mapRunes(text: string, map: (rune: string) => string): string {
	let mapped = "";
	for (const rune of text) {
		const other = map(wellFormed(rune));
		mapped += [...other].length === 1 ? other : wellFormed(rune);
	}
	return mapped;
}

/** The first letter of each word (Unicode's word boundaries, UAX 29: none at an apostrophe inside a word); the rest stays. */
function wordTitle(text: string): string {
	return text.replace(/(?<![\p{L}\p{M}_]\p{Nd}*|[\p{L}\p{M}]['’.:·])\p{L}/gu, (letter) =>
		mapRunes(letter, (rune) => rune.toUpperCase()),
	);
}

/** Go's `strings.Title`: the first letter after a separator. */
export function titleCase(text: string): string {
	let previous = " ";
	let titled = "";
	for (const rune of text) {
		titled += isSeparator(previous) ? mapRunes(rune, (letter) => letter.toUpperCase()) : wellFormed(rune);
		previous = rune;
	}
	return titled;
}

/** `isSeparator` of Go's strings package: ASCII other than letters, digits and underscore; beyond ASCII only blanks. */
function isSeparator(rune: string): boolean {
	const code = rune.codePointAt(0) ?? 0;
	if (code <= 0x7f) return !/[0-9A-Za-z_]/.test(rune);
	if (/[\p{L}\p{Nd}]/u.test(rune)) return false;
	return /\p{White_Space}/u.test(rune);
}
