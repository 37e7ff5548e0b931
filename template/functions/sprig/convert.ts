/** Loose conversions of sprig's functions: they take what looks like a number or a text. */
import { type GoValue, kindOf, plainText, Typed } from "../../gotmpl/index.ts";
import { elementsOf, entriesOf, numberOf, structTypeOf, textOf, typeName } from "../values.ts";

/** `strval`: a text as it is, anything else as `%v`. */
export function textValue(value: GoValue): string {
	return textOf(value) ?? plainText(value);
}

/** `toInt64`: texts that are numbers count, anything else is 0. */
export function wholeValue(value: GoValue): bigint {
	const number = numberOf(value);
	if (number !== undefined) {
		if (typeof number === "bigint") return BigInt.asIntN(64, number);
		// What Go's conversion gives for a float that no int64 can hold.
		return Math.abs(number) < 2 ** 63 ? BigInt(Math.trunc(number)) : -(2n ** 63n);
	}
	if (value === true) return 1n;
	const text = textOf(value)?.replace(/\.0*$/, "");
	if (text === undefined || !/^[+-]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9]\d*)$/.test(text)) return 0n;
	const digits = text.replace(/^[+-]/, "").replace(/^0(?=[0-7])/, "0o");
	const magnitude = BigInt(digits === "" ? 0 : digits);
	return BigInt.asIntN(64, text.startsWith("-") ? -magnitude : magnitude);
}

/** The same as a JavaScript number, for counts and positions. */
export function countValue(value: GoValue): number {
	return Number(wholeValue(value));
}

/** `toFloat64`. */
export function floatValue(value: GoValue): number {
	const number = numberOf(value);
	if (number !== undefined) return Number(number);
	if (value === true) return 1;
	const parsed = Number(textOf(value)?.trim() || "0");
	return Number.isNaN(parsed) ? 0 : parsed;
}

/** The elements of a list; `what` names the function in the error. */
export function listValue(value: GoValue, what: string): GoValue[] {
	const elements = elementsOf(value);
	if (elements === undefined) throw new Error(`Cannot ${what} on type ${kindText(value)}`);
	return elements;
}

/** `strslice`: a list of texts without nil elements; anything that is no list is a list of one, nil of none. */
export function textList(value: GoValue): string[] {
	if (value === null || value === undefined) return [];
	const elements = elementsOf(value);
	if (elements === undefined) return [textValue(value)];
	return elements.filter((element) => element !== null && element !== undefined).map(textValue);
}

/** sprig's `empty`: the zero of its kind, or without elements; structs never are. */
export function isEmpty(value: GoValue): boolean {
	if (value === undefined || value === null || value === false || value === "") return true;
	const number = numberOf(value);
	if (number !== undefined) return Number(number) === 0;
	const elements = elementsOf(value);
	if (elements !== undefined) return elements.length === 0;
	const entries = entriesOf(value);
	if (entries !== undefined) return entries.length === 0;
	if (structTypeOf(value) !== undefined) return kindOf(value) === "pointer" && (value as Typed).raw === undefined;
	return textOf(value) === "" || (value instanceof Typed && value.raw === false);
}

/** What `reflect.Kind` prints. */
export function kindText(value: GoValue): string {
	const kind = kindOf(value);
	return kind === "pointer" ? "ptr" : kind;
}

/** Go's `reflect.DeepEqual`: same type, same content. */
export function deepEqual(a: GoValue, b: GoValue): boolean {
	if (typeName(a) !== typeName(b)) return false;
	const lists = [elementsOf(a), elementsOf(b)] as const;
	if (lists[0] !== undefined && lists[1] !== undefined) {
		const other = lists[1];
		return lists[0].length === other.length && lists[0].every((item, at) => deepEqual(item, other[at]));
	}
	const maps = [entriesOf(a), entriesOf(b)] as const;
	if (maps[0] !== undefined && maps[1] !== undefined) {
		const other = maps[1];
		return (
			maps[0].length === other.length &&
			maps[0].every(([key, item], at) => deepEqual(key, other[at]?.[0]) && deepEqual(item, other[at]?.[1]))
		);
	}
	const numbers = [numberOf(a), numberOf(b)] as const;
	// biome-ignore lint/suspicious/noDoubleEquals: 1n == 1
	if (numbers[0] !== undefined && numbers[1] !== undefined) return numbers[0] == numbers[1];
	return a === b || textValue(a) === textValue(b);
}
