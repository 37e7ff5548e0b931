import { type GoValue, goFunc } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";
import { parseJson, toJson } from "../json.ts";
import { mergedMaps } from "../nesting.ts";
import { asAny, elementsOf, entriesOf, textMap, typeName } from "../values.ts";
import { isEmpty, textValue } from "./convert.ts";

type Dict = Map<string, GoValue>;

/** The argument of a function that changes a dict in place: the template's own map. */
function dictOf(value: ReadonlyMap<string, GoValue> | undefined): Dict {
	return value instanceof Map ? value : (textMap(value as unknown as GoValue) ?? new Map());
}

function keep(dict: Dict, wanted: (key: string) => boolean): Dict {
	return new Map([...dict].filter(([key]) => wanted(key)));
}

/** sprig merges into the first dict itself. */
function mergeInto(dict: Dict, sources: readonly GoValue[], choose: (kept: GoValue, taken: GoValue) => GoValue): Dict {
	for (const source of sources) {
		for (const [key, value] of mergedMaps(dict, textMap(source) ?? new Map(), choose)) dict.set(key, value);
	}
	return dict;
}

const merge = goFunc("func(map[string]any, ...map[string]any) any", (dict: Dict, ...sources: GoValue[]) =>
	mergeInto(dictOf(dict), sources, (kept, taken) => (isEmpty(kept) ? taken : kept)),
);
const mergeOverwrite = goFunc("func(map[string]any, ...map[string]any) any", (dict: Dict, ...sources: GoValue[]) =>
	mergeInto(dictOf(dict), sources, (kept, taken) => (isEmpty(taken) ? kept : taken)),
);
const deepCopyFunction = goFunc("func(any) any", deepCopy);
const mustFromJson = goFunc("func(string) (any, error)", (text: string) => parseJson(text));
const fromJson = goFunc("func(string) any", (text: string) => {
	try {
		return parseJson(text);
	} catch {
		return null;
	}
});
/** Without `must` a value that JSON has not gives an empty text. */
const forgivingJson = (style: Parameters<typeof toJson>[1]) =>
	goFunc("func(any) string", (value: GoValue) => {
		try {
			return toJson(value, style);
		} catch {
			return "";
		}
	});
const json = (style: Parameters<typeof toJson>[1]) =>
	goFunc("func(any) (string, error)", (value: GoValue) => toJson(value, style));

/** Dicts. `set`, `unset` and the merges change their dict, as sprig's do. */
export const sprigDictFunctions: FunctionFamily = {
	dict: goFunc("func(...any) map[string]any", (...pairs: GoValue[]) => {
		const dict: Dict = new Map();
		for (let at = 0; at < pairs.length; at += 2) {
			dict.set(textValue(pairs[at]), at + 1 < pairs.length ? asAny(pairs[at + 1]) : "");
		}
		return dict;
	}),
	get: goFunc("func(map[string]any, string) any", (dict: Dict, key: string) => dictOf(dict).get(key) ?? ""),
	set: goFunc("func(map[string]any, string, any) map[string]any", (dict: Dict, key: string, value: GoValue) =>
		dictOf(dict).set(key, value),
	),
	unset: goFunc("func(map[string]any, string) map[string]any", (dict: Dict, key: string) => {
		dictOf(dict).delete(key);
		return dictOf(dict);
	}),
	hasKey: goFunc("func(map[string]any, string) bool", (dict: Dict, key: string) => dictOf(dict).has(key)),
	keys: goFunc("func(...map[string]any) []string", (...dicts: Dict[]) =>
		dicts.flatMap((dict) => [...dictOf(dict).keys()]),
	),
	values: goFunc("func(map[string]any) []any", (dict: Dict) => [...dictOf(dict).values()]),
	pluck: goFunc("func(string, ...map[string]any) []any", (key: string, ...dicts: Dict[]) =>
		dicts.filter((dict) => dictOf(dict).has(key)).map((dict) => asAny(dictOf(dict).get(key))),
	),
	pick: goFunc("func(map[string]any, ...string) map[string]any", (dict: Dict, ...keys: string[]) =>
		keep(dictOf(dict), (key) => keys.includes(key)),
	),
	omit: goFunc("func(map[string]any, ...string) map[string]any", (dict: Dict, ...keys: string[]) =>
		keep(dictOf(dict), (key) => !keys.includes(key)),
	),
	dig: goFunc("func(...any) (any, error)", (...path: GoValue[]) => {
		if (path.length < 3) throw new Error("dig needs at least three arguments");
		let level: GoValue = path.at(-1);
		for (const key of path.slice(0, -2)) {
			const dict = textMap(level);
			if (dict === undefined) throw new Error(`dig: ${typeName(level)} is not a map`);
			if (!dict.has(textValue(key))) return path.at(-2);
			level = dict.get(textValue(key));
		}
		return asAny(level);
	}),
	merge,
	mustMerge: merge,
	mergeOverwrite,
	mustMergeOverwrite: mergeOverwrite,
	deepCopy: deepCopyFunction,
	mustDeepCopy: deepCopyFunction,
	fromJson,
	mustFromJson,
	toJson: forgivingJson({}),
	mustToJson: json({}),
	toPrettyJson: forgivingJson({ indent: "  " }),
	mustToPrettyJson: json({ indent: "  " }),
	toRawJson: json({ html: false }),
	mustToRawJson: json({ html: false }),
	typeOf: goFunc("func(any) string", typeName),
	typeIs: goFunc("func(string, any) bool", (name: string, value: GoValue) => typeName(value) === name),
	typeIsLike: goFunc("func(string, any) bool", (name: string, value: GoValue) =>
		[name, `*${name}`].includes(typeName(value)),
	),
};

function deepCopy(value: GoValue): GoValue {
	const dict = value instanceof Map ? value : undefined;
	if (dict !== undefined) return new Map((entriesOf(dict) ?? []).map(([key, item]) => [String(key), deepCopy(item)]));
	return Array.isArray(value) ? (elementsOf(value) ?? []).map(deepCopy) : value;
}
