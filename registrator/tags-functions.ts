import { RE2JS } from "re2js";
import { goFunc, type TemplateFunctions } from "../template/gotmpl/index.ts";

/**
 * The functions of the `-tags` template, with the reference's names and order of arguments.
 *
 * `httpGet` gives what `fetched` has for a URL: templates are executed without waiting, so the caller gets the bytes first.
 */
export function tagFunctions(fetched: (url: string) => Uint8Array): TemplateFunctions {
	return new Map([
		["strSlice", goFunc("func(string, ...int) string", strSlice)],
		["sIndex", goFunc("func(int, []string) string", (index: number, list: readonly string[]) => list[index] ?? "")],
		["mIndex", goFunc("func(string, map[string]string) string", (key: string, map: StringMap) => stringOf(map, key))],
		["toUpper", goFunc("func(string) string", (text: string) => text.toUpperCase())],
		["toLower", goFunc("func(string) string", (text: string) => text.toLowerCase())],
		["replace", goFunc("func(int, string, string, string) string", replace)],
		[
			"join",
			goFunc("func(string, []string) string", (separator: string, list: readonly string[]) => list.join(separator)),
		],
		["split", goFunc("func(string, string) []string", split)],
		[
			"splitIndex",
			goFunc(
				"func(int, string, string) string",
				(index: number, separator: string, text: string) => split(separator, text)[index] ?? "",
			),
		],
		[
			"matchFirstElement",
			goFunc(
				"func(string, []string) string",
				(regex: string, list: readonly string[]) => matching(regex, list)[0] ?? "",
			),
		],
		["matchAllElements", goFunc("func(string, []string) []string", matching)],
		["httpGet", goFunc("func(string) []byte", (url: string) => [...fetched(url)])],
		["jsonParse", goFunc("func([]byte, string) string", jsonParse)],
	]);
}

type StringMap = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/** What a string map may be behind a template's value: see `values.ts` of the template language. */
function stringOf(map: StringMap, key: string): string {
	if (map instanceof Map) return map.get(key) ?? "";
	return Object.hasOwn(map, key) ? ((map as Readonly<Record<string, string>>)[key] ?? "") : "";
}

/** From `from` up to `to` (the end unless given); positions beyond the text are its end. */
function strSlice(text: string, from = 0, to = text.length): string {
	return text.slice(Math.max(0, from), Math.max(0, to));
}

/** The first `count` occurrences; all of them when it is negative. */
function replace(count: number, from: string, to: string, text: string): string {
	if (count < 0) return text.replaceAll(from, () => to);
	let result = text;
	let searched = 0;
	for (let done = 0; done < count && from !== ""; done++) {
		const found = result.indexOf(from, searched);
		if (found < 0) break;
		result = result.slice(0, found) + to + result.slice(found + from.length);
		searched = found + to.length;
	}
	return result;
}

function split(separator: string, text: string): readonly string[] {
	return text.split(separator);
}

function matching(regex: string, list: readonly string[]): string[] {
	const pattern = RE2JS.compile(regex);
	return list.filter((element) => pattern.matcher(element).find());
}

/** The value at a path such as `a::b` in a JSON document: a string as it is, anything else as JSON; empty when there is none. */
function jsonParse(document: readonly number[], path: string): string {
	let value: unknown = JSON.parse(Buffer.from(document).toString("utf8"));
	for (const name of path.split("::")) {
		value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
	}
	if (value === undefined) return "";
	return typeof value === "string" ? value : JSON.stringify(value);
}
