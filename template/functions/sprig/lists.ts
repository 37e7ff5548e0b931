import { anyType, type GoValue, goFunc, goSlice, rawOf, sliceOf } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";
import { asAny, sliceTypeOf, textOf } from "../values.ts";
import { countValue, deepEqual, isEmpty, kindText, listValue } from "./convert.ts";

type List = readonly GoValue[];

/** Both spellings of a function: sprig's plain one panics where `must` gives an error, which is the same here. */
function both(name: string, signature: string, call: (...raw: never[]) => unknown): FunctionFamily {
	const made = goFunc(signature, call);
	return { [name]: made, [`must${name[0]?.toUpperCase()}${name.slice(1)}`]: made };
}

const end = (what: string, pick: (list: List) => GoValue | undefined) => (list: GoValue) =>
	asAny(pick(listValue(list, `find ${what}`)));
const append = (list: GoValue, value: GoValue) => [...listValue(list, "push"), value];

/** Lists; none is changed in place. */
export const sprigListFunctions: FunctionFamily = {
	list: goFunc("func(...any) []any", (...values: GoValue[]) => values),
	tuple: goFunc("func(...any) []any", (...values: GoValue[]) => values),
	...both("append", "func(any, any) []any", append),
	...both("push", "func(any, any) []any", append),
	...both("prepend", "func(any, any) []any", (list: GoValue, value: GoValue) => [value, ...listValue(list, "prepend")]),
	...both(
		"first",
		"func(any) any",
		end("first", (list) => list[0]),
	),
	...both(
		"last",
		"func(any) any",
		end("last", (list) => list.at(-1)),
	),
	...both("rest", "func(any) []any", (list: GoValue) => orNil(listValue(list, "find rest"), (items) => items.slice(1))),
	...both("initial", "func(any) []any", (list: GoValue) =>
		orNil(listValue(list, "find initial"), (items) => items.slice(0, -1)),
	),
	...both("reverse", "func(any) []any", (list: GoValue) => listValue(list, "find reverse").reverse()),
	...both("uniq", "func(any) []any", (list: GoValue) => unique(listValue(list, "find uniq"))),
	...both("compact", "func(any) []any", (list: GoValue) => listValue(list, "compact").filter((item) => !isEmpty(item))),
	...both("without", "func(any, ...any) []any", (list: GoValue, ...omitted: GoValue[]) =>
		listValue(list, "find without").filter((item) => !omitted.some((other) => deepEqual(item, other))),
	),
	...both("has", "func(any, any) bool", (wanted: GoValue, list: GoValue) =>
		list === null ? false : listValue(list, "find has").some((item) => deepEqual(item, wanted)),
	),
	...both("slice", "func(any, ...any) any", (list: GoValue, ...bounds: GoValue[]) => {
		const { length } = listValue(list, "slice");
		if (length === 0) return null;
		const [from = 0, to = length] = bounds.map(countValue);
		if (from < 0 || from > to || to > length) throw new Error("reflect.Value.Slice: slice index out of bounds");
		return goSlice(sliceTypeOf(list)?.elem ?? anyType, (rawOf(list) as readonly unknown[]).slice(from, to));
	}),
	...both("chunk", "func(int, any) any", (size: number, list: GoValue) => {
		const items = listValue(list, "chunk");
		const chunks: List[] = [];
		if (size < 1) throw new Error("runtime error: makeslice: len out of range");
		for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
		return goSlice(sliceOf(anyType), chunks);
	}),
	concat: goFunc("func(...any) any", (...lists: GoValue[]) => {
		const all = lists.flatMap((list) => listValue(list, "concat"));
		return all.length === 0 ? goSlice(anyType, undefined as never) : all;
	}),
	shuffle: goFunc("func(string) string", (text: string) => {
		const runes = [...text];
		for (let last = runes.length - 1; last > 0; last--) {
			const chosen = Math.floor(Math.random() * (last + 1));
			[runes[last], runes[chosen]] = [runes[chosen] ?? "", runes[last] ?? ""];
		}
		return runes.join("");
	}),
	empty: goFunc("func(any) bool", isEmpty),
	default: goFunc("func(any, ...any) any", (otherwise: GoValue, ...given: GoValue[]) =>
		isEmpty(given[0]) ? otherwise : asAny(given[0]),
	),
	coalesce: goFunc("func(...any) any", (...values: GoValue[]) => asAny(values.find((value) => !isEmpty(value)))),
	all: goFunc("func(...any) bool", (...values: GoValue[]) => values.every((value) => !isEmpty(value))),
	any: goFunc("func(...any) bool", (...values: GoValue[]) => values.some((value) => !isEmpty(value))),
	ternary: goFunc("func(any, any, bool) any", (yes: GoValue, no: GoValue, condition: boolean) =>
		condition ? yes : no,
	),
	deepEqual: goFunc("func(any, any) bool", deepEqual),
	kindOf: goFunc("func(any) string", kindText),
	kindIs: goFunc("func(string, any) bool", (kind: string, value: GoValue) => kindText(value) === kind),
	fail: goFunc("func(string) (string, error)", (message: string) => {
		throw new Error(textOf(message));
	}),
};

/** sprig gives a nil list for an empty one. */
function orNil(items: List, part: (items: List) => List): List | undefined {
	return items.length === 0 ? undefined : part(items);
}

function unique(items: List): List {
	return items.filter((item, at) => items.findIndex((other) => deepEqual(item, other)) === at);
}
