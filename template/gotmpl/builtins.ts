/** The functions that every template has. */
import { indirect } from "./access.ts";
import { joinTexts } from "./bytes.ts";
import { callRaw, parameterType } from "./call.ts";
import { equalsAny, isLess } from "./compare.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";
import { sprintf } from "./format/printf.ts";
import { plainText, printValues } from "./format/value.ts";
import { convertArgument, index, length, slice } from "./index-slice.ts";
import { isTrue } from "./truth.ts";
import { type GoFunction, type GoValue, goFunc, rawOf, Typed, typeText } from "./values.ts";

const comparison = "func(reflect.Value, reflect.Value) bool";

/**
 * Go's predefined functions by name.
 *
 * `and` and `or` are listed for their signature only: the executor evaluates them, as they stop at the first argument
 * that decides. `call` gets the source text of its first argument from the executor, for its error texts.
 */
export const builtins: ReadonlyMap<string, GoFunction> = new Map<string, GoFunction>([
	["and", goFunc("func(reflect.Value, ...reflect.Value) reflect.Value", (first: GoValue) => first)],
	["or", goFunc("func(reflect.Value, ...reflect.Value) reflect.Value", (first: GoValue) => first)],
	["not", goFunc("func(reflect.Value) bool", (value: GoValue) => !isTrue(value))],
	["eq", goFunc("func(reflect.Value, ...reflect.Value) bool", (a: GoValue, ...b: GoValue[]) => equalsAny(a, b))],
	["ne", goFunc(comparison, (a: GoValue, b: GoValue) => !equalsAny(a, [b]))],
	["lt", goFunc(comparison, (a: GoValue, b: GoValue) => isLess(a, b))],
	["le", goFunc(comparison, isLessOrEqual)],
	["gt", goFunc(comparison, (a: GoValue, b: GoValue) => !isLessOrEqual(a, b))],
	["ge", goFunc(comparison, (a: GoValue, b: GoValue) => !isLess(a, b))],
	["len", goFunc("func(reflect.Value) int", (value: GoValue) => length(value))],
	[
		"index",
		goFunc("func(reflect.Value, ...reflect.Value) reflect.Value", (c: GoValue, ...keys: GoValue[]) => index(c, keys)),
	],
	[
		"slice",
		goFunc("func(reflect.Value, ...reflect.Value) reflect.Value", (v: GoValue, ...at: GoValue[]) => slice(v, at)),
	],
	["print", goFunc("func(...any) string", (...values: GoValue[]) => joinTexts(printValues(values)))],
	["println", goFunc("func(...any) string", (...values: GoValue[]) => `${values.map(plainText).join(" ")}\n`)],
	["printf", goFunc("func(string, ...any) string", (format: string, ...values: GoValue[]) => sprintf(format, values))],
	["html", goFunc("func(...any) string", (...values: GoValue[]) => escapeHtml(argumentText(values)))],
	["js", goFunc("func(...any) string", (...values: GoValue[]) => escapeJs(argumentText(values)))],
	["urlquery", goFunc("func(...any) string", (...values: GoValue[]) => escapeQuery(argumentText(values)))],
	["call", goFunc("func(reflect.Value, ...reflect.Value) reflect.Value", (f: GoValue) => f)],
]);

function isLessOrEqual(a: GoValue, b: GoValue): boolean {
	return isLess(a, b) || equalsAny(a, [b]);
}

/** The text of an escaper's arguments: as `print` would write them, but as output shows nil. */
function argumentText(values: readonly GoValue[]): string {
	return joinTexts(printValues(values.map((value) => (value === null ? "<no value>" : indirect(value)))));
}

/** `call f 1 2`; `name` is the source of `f`. Throws an Error when `f` is none or the arguments do not fit. */
export function callFunction(name: string, callee: GoValue, values: readonly GoValue[]): GoValue {
	if (callee === undefined || callee === null) throw new Error("call of nil");
	if (!(callee instanceof Typed) || callee.type.kind !== "func") {
		throw new Error(`non-function ${name} of type ${typeText(callee)}`);
	}
	const { type } = callee;
	const wanted = type.parameters.length;
	if (type.variadic ? values.length < wanted - 1 : values.length !== wanted) {
		const least = type.variadic ? `at least ${wanted - 1}` : wanted;
		throw new Error(`wrong number of args for ${name}: got ${values.length} want ${least}`);
	}
	const converted = values.map((value, i) => {
		try {
			return convertArgument(value, parameterType(type, i));
		} catch (thrown) {
			throw new Error(`arg ${i}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
		}
	});
	return callRaw(type, rawOf(callee), [], converted);
}
