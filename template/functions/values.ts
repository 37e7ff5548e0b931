/** Looks into template values whatever their Go type, for functions that take anything. */
import { compareUtf8 } from "../../lib/json/index.ts";
import {
	type GoType,
	type GoValue,
	goValue,
	isInteger,
	type MapType,
	type SliceType,
	Typed,
	typeOf,
} from "../gotmpl/index.ts";

/** The elements of a slice; undefined for anything else. */
export function elementsOf(value: GoValue): GoValue[] | undefined {
	const type = sliceTypeOf(value);
	if (type === undefined) return undefined;
	return (rawArray(value) ?? []).map((raw) => goValue(type.elem, raw));
}

/** The slice type of a value (named ones such as service tags too). */
export function sliceTypeOf(value: GoValue): SliceType | undefined {
	const type = typeOf(value);
	return type?.kind === "slice" ? type : undefined;
}

function rawArray(value: GoValue): readonly unknown[] | undefined {
	return (value instanceof Typed ? value.raw : value) as readonly unknown[] | undefined;
}

/** Keys and values of a map in the order Go visits them (sorted); undefined for anything else. */
export function entriesOf(value: GoValue): [key: GoValue, value: GoValue][] | undefined {
	const type = typeOf(value);
	if (type?.kind !== "map") return undefined;
	const raw = value instanceof Typed ? value.raw : value;
	const pairs: [unknown, unknown][] =
		raw instanceof Map ? [...raw] : Object.entries((raw ?? {}) as Readonly<Record<string, unknown>>);
	return pairs
		.map(([key, item]): [GoValue, GoValue] => [goValue(type.key, key), goValue(type.elem, item)])
		.sort(([a], [b]) => compareKeys(a, b));
}

/** Go's order of map keys: numbers by size, texts by bytes. */
export function compareKeys(a: GoValue, b: GoValue): number {
	const numbers = [numberOf(a), numberOf(b)] as const;
	if (numbers[0] !== undefined && numbers[1] !== undefined) return Number(numbers[0]) - Number(numbers[1]);
	return compareUtf8(String(a), String(b));
}

/** A map with text keys as a JavaScript Map; undefined when it is none. */
export function textMap(value: GoValue): Map<string, GoValue> | undefined {
	const type = mapTypeOf(value);
	if (type === undefined || (type.key.kind !== "string" && type.key.kind !== "interface")) return undefined;
	return new Map((entriesOf(value) ?? []).map(([key, item]) => [String(key), item]));
}

/** The map type of a value. */
function mapTypeOf(value: GoValue): MapType | undefined {
	const type = typeOf(value);
	return type?.kind === "map" ? type : undefined;
}

/** The number behind an integer or a float of any type; undefined for anything else. */
export function numberOf(value: GoValue): number | bigint | undefined {
	const kind = typeOf(value)?.kind;
	if (kind === undefined || !(isInteger(kind) || kind === "float64")) return undefined;
	return (value instanceof Typed ? value.raw : value) as number | bigint;
}

/** A text of any string type; undefined for anything else. */
export function textOf(value: GoValue): string | undefined {
	if (typeof value === "string") return value;
	return value instanceof Typed && value.type.kind === "string" ? String(value.raw) : undefined;
}

/** The field of a struct (or of a pointer to one), or the value of a map's key; undefined when there is none. */
export function fieldOf(value: GoValue, name: string): GoValue {
	const type = structTypeOf(value);
	if (type === undefined) return textMap(value)?.get(name);
	const field = type.fields.get(name);
	if (field === undefined) return undefined;
	const raw = (value as Typed).raw as Readonly<Record<string, unknown>> | undefined;
	return goValue(field.type, raw?.[name]);
}

/** The struct type of a struct or of a pointer to one. */
export function structTypeOf(value: GoValue) {
	const type = typeOf(value);
	const target = type?.kind === "pointer" ? type.elem : type;
	return target?.kind === "struct" ? target : undefined;
}

/** An element as it stands in a list of `any`. */
export function asAny(value: GoValue): GoValue {
	return value === undefined ? null : value;
}

/** What `%T` prints. */
export function typeName(value: GoValue): string {
	const type: GoType | undefined = typeOf(value);
	return type?.text ?? "<nil>";
}
