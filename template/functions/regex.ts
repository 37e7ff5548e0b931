import type { RE2JS } from "re2js";
import { goFunc, wellFormed } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";

/** The package, once `loadRegex` has run. */
let engine: typeof RE2JS | undefined;

/** Loads the RE2 engine; templates that use none of its functions never do. */
export async function loadRegex(): Promise<void> {
	engine = (await import("re2js")).RE2JS;
}

/** RE2 expressions. */
export const regexFunctions: FunctionFamily = {
	regexMatch: goFunc("func(string, string) (bool, error)", (expression: string, text: string) =>
		compileRegex(expression).matcher(text).find(),
	),
	regexReplaceAll: goFunc(
		"func(string, string, string) (string, error)",
		(expression: string, replacement: string, text: string) => regexReplace(expression, text, replacement),
	),
};

const cacheSizeMax = 500;
const compiled = new Map<string, RE2JS>();

/** A compiled expression; errors are Go's (`error parsing regexp: missing closing ): ...`). */
export function compileRegex(expression: string): RE2JS {
	const known = compiled.get(expression);
	if (known !== undefined) return known;
	if (engine === undefined) throw new Error("the regular expression engine was not loaded");
	if (wellFormed(expression) !== expression) {
		throw new Error(`error parsing regexp: invalid UTF-8: \`${wellFormed(expression)}\``);
	}
	let made: RE2JS;
	try {
		made = engine.compile(expression);
	} catch (error) {
		const text = (error as Error).message.replace(/^error parsing regexp: /, "");
		throw new Error(`error parsing regexp: ${text}`);
	}
	if (compiled.size >= cacheSizeMax) compiled.clear();
	compiled.set(expression, made);
	return made;
}

/** One match: where it is and its groups (undefined for one that took no part). */
interface RegexMatch {
	readonly start: number;
	readonly end: number;
	readonly groups: readonly (string | undefined)[];
}

/** All matches, as Go's `FindAll`: an empty match right after another is none. `limit` below 0 is no limit. */
export function regexMatches(expression: string, text: string, limit = -1): readonly RegexMatch[] {
	const matcher = compileRegex(expression).matcher(text);
	const matches: RegexMatch[] = [];
	let previousEnd = -1;
	while ((limit < 0 || matches.length < limit) && matcher.find()) {
		const start = matcher.start();
		const end = matcher.end();
		if (start === end && start === previousEnd) continue;
		previousEnd = end;
		const groups: (string | undefined)[] = [];
		for (let group = 0; group <= matcher.groupCount(); group++) groups.push(matcher.group(group) ?? undefined);
		matches.push({ start, end, groups });
	}
	return matches;
}

/** Matches that are counted before others may work. */
const countedInRow = 500;

/** How often the expression matches, `^` and `$` at lines; counted up to `limit`. `rest` is called now and then. */
export async function countMatches(
	expression: string,
	text: string,
	limit: number,
	rest: () => Promise<void>,
): Promise<number> {
	const regex = compileRegex(`(?m)${expression}`);
	let count = 0;
	for (const part of mayCrossLines.test(expression) ? [text] : lineParts(text)) {
		const matcher = regex.matcher(part);
		let previousEnd = -1;
		for (let found = 1; count < limit && matcher.find(); found++) {
			// As Go's FindAll: an empty match right after another is none.
			if (matcher.start() !== matcher.end() || matcher.start() !== previousEnd) count++;
			previousEnd = matcher.end();
			if (found % countedInRow === 0) await rest();
		}
		if (count >= limit) break;
		await rest();
	}
	return count;
}

/** What could match a line's end, or ask where the text begins and ends: escapes of characters and classes, `[^`, `[:`, flags but `i`. */
const mayCrossLines = /\\[^.*+?()|{}[\]^$\-/dwb]|\[\^|\[:|\(\?(?!:|P?<|i\))|[^ -\uffff]/;
const partLength = 65_536;

/** Whole lines, some at a time, without the line's end between two parts. */
function* lineParts(text: string): Generator<string> {
	for (let at = 0; at <= text.length; ) {
		const lineEnd = text.indexOf("\n", at + partLength);
		const end = lineEnd === -1 ? text.length : lineEnd;
		yield text.slice(at, end);
		at = end + 1;
	}
}

/** Go's `ReplaceAllString`: `$1`, `${1}`, `${name}`, `$$`; `$1x` is the group named `1x`. */
export function regexReplace(expression: string, text: string, replacement: string): string {
	const names = compileRegex(expression).namedGroups() as Readonly<Record<string, number>>;
	return replaceMatches(expression, text, (match) => expand(replacement, match, names));
}

/** Each match replaced by what `make` gives. */
export function replaceMatches(expression: string, text: string, make: (match: RegexMatch) => string): string {
	let result = "";
	let at = 0;
	for (const match of regexMatches(expression, text)) {
		result += text.slice(at, match.start) + make(match);
		at = match.end;
	}
	return result + text.slice(at);
}

function expand(template: string, match: RegexMatch, names: Readonly<Record<string, number>>): string {
	return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
		if (whole === "$$") return "$";
		const name = braced ?? bare ?? "";
		const group = /^\d+$/.test(name) ? Number(name) : names[name];
		return group === undefined ? "" : (match.groups[group] ?? "");
	});
}
