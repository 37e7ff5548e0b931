import { type GoValue, goFunc, isInteger, typeOf } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { elementsOf, numberOf, textOf, typeName } from "./values.ts";

/** `contains` and its relatives. */
export const listFunctions: FunctionFamily = {
	contains: goFunc("func(any, any) (bool, error)", (wanted: GoValue, list: GoValue) => isIn(list, wanted)),
	in: goFunc("func(any, any) (bool, error)", (list: GoValue, wanted: GoValue) => isIn(list, wanted)),
	containsAll: goFunc("func([]any, any) (bool, error)", (wanted: readonly GoValue[], list: GoValue) =>
		(wanted ?? []).every((one) => isIn(list, one)),
	),
	containsAny: goFunc("func([]any, any) (bool, error)", (wanted: readonly GoValue[], list: GoValue) =>
		(wanted ?? []).some((one) => isIn(list, one)),
	),
	containsNone: goFunc(
		"func([]any, any) (bool, error)",
		(wanted: readonly GoValue[], list: GoValue) => !(wanted ?? []).some((one) => isIn(list, one)),
	),
	containsNotAll: goFunc(
		"func([]any, any) (bool, error)",
		(wanted: readonly GoValue[], list: GoValue) => !(wanted ?? []).every((one) => isIn(list, one)),
	),
};

/** Whether a list has an element, or a text a part. Integers equal integers and floats floats, as in Go. */
function isIn(list: GoValue, wanted: GoValue): boolean {
	const text = textOf(list);
	if (text !== undefined) {
		if (wanted === null || wanted === undefined) {
			throw new Error("reflect: call of reflect.Value.Type on zero Value");
		}
		const part = textOf(wanted);
		return part !== undefined && text.includes(part);
	}
	return (elementsOf(list) ?? []).some((element) => sameValue(element, wanted));
}

/** Equality as the reference's `in` has it: by kind of number, text or truth. */
function sameValue(a: GoValue, b: GoValue): boolean {
	const texts = [textOf(a), textOf(b)] as const;
	if (texts[0] !== undefined && texts[1] !== undefined) return texts[0] === texts[1];
	const numbers = [numberOf(a), numberOf(b)] as const;
	if (numbers[0] !== undefined && numbers[1] !== undefined) {
		// biome-ignore lint/suspicious/noDoubleEquals: 1n == 1
		return numberClass(a) === numberClass(b) && numbers[0] == numbers[1];
	}
	return a === b || (typeof a === "boolean" && a === b) || (typeName(a) === "<nil>" && typeName(b) === "<nil>");
}

function numberClass(value: GoValue): "integer" | "float" {
	const kind = typeOf(value)?.kind;
	return kind !== undefined && isInteger(kind) ? "integer" : "float";
}
