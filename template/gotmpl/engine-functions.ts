/** The functions that the conformance cases use besides Go's own; see test/conformance/template/README.md. */
import { plainText } from "./format/value.ts";
import {
	type GoValue,
	goChannel,
	goFunc,
	goIterator,
	goPairIterator,
	intType,
	stringType,
	type TemplateFunctions,
	typeText,
} from "./index.ts";

const pair = goFunc("func(int, int) int", (a: number, b: number) => a * 10 + b);

export const engineFunctions: TemplateFunctions = new Map([
	["t_const", goFunc("func() string", () => "K")],
	["t_str", goFunc("func(string) string", (text: string) => `<${text}>`)],
	["t_int", goFunc("func(int) int", (i: number) => i + 1)],
	["t_float", goFunc("func(float64) float64", (f: number) => f / 2)],
	["t_bool", goFunc("func(bool) string", (b: boolean) => String(b))],
	["t_any", goFunc("func(any) any", (value: GoValue) => value)],
	["t_join", goFunc("func(string, ...string) string", (sep: string, ...parts: string[]) => parts.join(sep))],
	["t_sum", goFunc("func(...int) int", (...numbers: number[]) => numbers.reduce((a, b) => a + b, 0))],
	[
		"t_fail",
		goFunc("func(string) (string, error)", (message: string) => {
			throw new Error(message);
		}),
	],
	["t_list", goFunc("func(...any) []any", (...items: GoValue[]) => items)],
	["t_dict", goFunc("func(...any) map[string]any", (...pairs: GoValue[]) => dictionary(pairs))],
	["t_type", goFunc("func(any) string", (value: GoValue) => typeText(value))],
	["t_nil", goFunc("func() any", () => null)],
	["t_fn", goFunc("func() any", () => pair)],
	["t_chan", goFunc("func(int) any", (n: number) => goChannel(intType, numbersBelow(n)))],
	["t_iter1", goFunc("func(int) any", (n: number) => goIterator(intType, () => numbersBelow(n).map((i) => i * i)))],
	["t_iter2", goFunc("func(int) any", (n: number) => goPairIterator(stringType, intType, () => letters(n)))],
]);

function dictionary(pairs: readonly GoValue[]): Map<string, GoValue> {
	const entries = new Map<string, GoValue>();
	for (let i = 0; i + 1 < pairs.length; i += 2) entries.set(plainText(pairs[i]), pairs[i + 1]);
	return entries;
}

function numbersBelow(n: number): number[] {
	return Array.from({ length: n }, (_, i) => i);
}

function letters(n: number): [string, number][] {
	return numbersBelow(n).map((i) => [String.fromCharCode(97 + i), i]);
}
