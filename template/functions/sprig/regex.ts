import { goFunc } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";
import { compileRegex, regexMatches, regexReplace, replaceMatches } from "../regex.ts";

const match = goFunc("func(string, string) (bool, error)", (expression: string, text: string) =>
	compileRegex(expression).matcher(text).find(),
);
const find = goFunc(
	"func(string, string) (string, error)",
	(expression: string, text: string) => regexMatches(expression, text, 1)[0]?.groups[0] ?? "",
);
const findAll = goFunc(
	"func(string, string, int) ([]string, error)",
	(expression: string, text: string, limit: number) =>
		orNil(regexMatches(expression, text, limit).map(({ groups }) => groups[0] ?? "")),
);
const replaceAll = goFunc(
	"func(string, string, string) (string, error)",
	(expression: string, text: string, replacement: string) => regexReplace(expression, text, replacement),
);
const replaceLiteral = goFunc(
	"func(string, string, string) (string, error)",
	(expression: string, text: string, replacement: string) => replaceMatches(expression, text, () => replacement),
);
const split = goFunc("func(string, string, int) ([]string, error)", (expression: string, text: string, limit: number) =>
	orNil(splitRegex(expression, text, limit)),
);

/** Go gives a nil list where nothing was found. */
function orNil<T>(list: readonly T[]): readonly T[] | undefined {
	return list.length === 0 ? undefined : list;
}

/** Regular expressions with the text before the replacement. */
export const sprigRegexFunctions: FunctionFamily = {
	regexMatch: goFunc("func(string, string) bool", (expression: string, text: string) => {
		try {
			return compileRegex(expression).matcher(text).find();
		} catch {
			return false;
		}
	}),
	mustRegexMatch: match,
	regexFind: find,
	mustRegexFind: find,
	regexFindAll: findAll,
	mustRegexFindAll: findAll,
	regexReplaceAll: replaceAll,
	mustRegexReplaceAll: replaceAll,
	regexReplaceAllLiteral: replaceLiteral,
	mustRegexReplaceAllLiteral: replaceLiteral,
	regexSplit: split,
	mustRegexSplit: split,
	regexQuoteMeta: goFunc("func(string) string", (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&")),
};

/** Go's `Regexp.Split`: at most `limit` parts, all when it is below 0, none when it is 0. */
function splitRegex(expression: string, text: string, limit: number): string[] {
	if (limit === 0) return [];
	if (expression !== "" && text === "") return [""];
	const parts: string[] = [];
	let begin = 0;
	let end = 0;
	for (const found of regexMatches(expression, text, limit)) {
		if (limit > 0 && parts.length === limit - 1) break;
		end = found.start;
		if (found.end !== 0) parts.push(text.slice(begin, end));
		begin = found.end;
	}
	if (end !== text.length) parts.push(text.slice(begin));
	return parts;
}
