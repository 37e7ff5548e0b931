/**
 * The values that templates see.
 *
 * Most are ordinary JavaScript values, each of which stands for one Go type:
 *
 * | JavaScript | Go |
 * |---|---|
 * | `undefined` | no value at all (a missing map key; prints `<no value>`) |
 * | `null` | nil of type `interface {}` |
 * | `boolean`, `string` | `bool`, `string` (bytes that are not UTF-8 are lone surrogates, see `bytes.ts`) |
 * | `number` that is a safe integer, `bigint` | `int` |
 * | any other `number` | `float64` |
 * | array | `[]interface {}` |
 * | `Map` with string keys | `map[string]interface {}` |
 *
 * Everything else is a `Typed`: a Go type and the plain data that it describes ("raw"). Raw data need no wrappers inside:
 * what an element or field is follows from the type when it is read, so whole API answers can be handed over as they are.
 *
 * | kind of type | raw |
 * |---|---|
 * | bool, string | boolean, string |
 * | integers | number, or bigint where it is not a safe integer |
 * | float64, complex128 | number, `[real, imaginary]` |
 * | slice | array of raw elements |
 * | map | `Map` from raw keys, or a plain object, to raw elements |
 * | struct | plain object with the fields (a missing one is the zero value) |
 * | pointer | raw of what it points to |
 * | func | JavaScript function of raw arguments to a raw result; for an iterator a function that gives an iterable |
 * | chan | iterable of raw elements |
 * | interface | any value of this table (`GoValue`) |
 *
 * `undefined` and `null` as raw are the zero value of the type: `""`, `0`, nil. Values are never changed by a template.
 */
import { assert } from "../../lib/errors.ts";
import { goSignature, type NamedTypes } from "./type-text.ts";
import {
	anyType,
	boolType,
	channelOf,
	type FuncType,
	float64Type,
	type GoKind,
	type GoMethod,
	type GoType,
	intType,
	isInteger,
	iteratorType,
	mapOf,
	pointerTo,
	type StructType,
	sliceOf,
	stringType,
} from "./types.ts";

/** A value with an explicit Go type. Make one with `goValue` or a constructor below. */
export class Typed {
	readonly type: GoType;
	readonly raw: unknown;

	constructor(type: GoType, raw: unknown) {
		this.type = type;
		this.raw = raw;
	}
}

/** What a template can hold. */
export type GoValue =
	| undefined
	| null
	| boolean
	| number
	| bigint
	| string
	| readonly GoValue[]
	| ReadonlyMap<string, GoValue>
	| Typed;

/** A function that templates may call: a `Typed` whose type is a FuncType. */
export type GoFunction = Typed & { readonly type: FuncType };

export const anySliceType = sliceOf(anyType);
const anyMapType = mapOf(stringType, anyType);

/** Gives raw data their type; the inverse of `rawOf`. Plain JavaScript values come out where they have that meaning. */
export function goValue(type: GoType, raw: unknown): GoValue {
	switch (type) {
		case anyType:
			return raw === undefined ? null : (raw as GoValue);
		case stringType:
			return (raw as string | null | undefined) ?? "";
		case boolType:
			return (raw as boolean | null | undefined) ?? false;
		case intType:
			return integer((raw as number | bigint | null | undefined) ?? 0);
		default:
			return type.kind === "interface" ? ((raw as GoValue) ?? null) : new Typed(type, raw ?? zeroRaw(type.kind));
	}
}

/** Raw zero of a kind; undefined where that is nil. */
function zeroRaw(kind: GoKind): unknown {
	if (isInteger(kind) || kind === "float64") return 0;
	if (kind === "string") return "";
	if (kind === "bool") return false;
	if (kind === "complex128") return [0, 0];
	return kind === "struct" ? {} : undefined;
}

/** The plain data behind a value: what a template function receives for a parameter of that type. */
export function rawOf(value: GoValue): unknown {
	return value instanceof Typed ? value.raw : value;
}

/** The dynamic type of a value; undefined for nil and for no value. */
export function typeOf(value: GoValue): GoType | undefined {
	if (typeof value === "object") {
		if (value === null) return undefined;
		if (value instanceof Typed) return value.type;
		return Array.isArray(value) ? anySliceType : anyMapType;
	}
	if (typeof value === "string") return stringType;
	if (typeof value === "number") return Number.isSafeInteger(value) ? intType : float64Type;
	if (typeof value === "boolean") return boolType;
	return typeof value === "bigint" ? intType : undefined;
}

/** The kind of a value's type; `invalid` for nil and for no value. */
export function kindOf(value: GoValue): GoKind | "invalid" {
	return typeOf(value)?.kind ?? "invalid";
}

/** The type's text as `%T` prints it; `<nil>` for nil. */
export function typeText(value: GoValue): string {
	return typeOf(value)?.text ?? "<nil>";
}

/** A number as bigint only where it must be one. */
export function integer(value: number | bigint): number | bigint {
	if (typeof value === "number") return value;
	return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** An `int`; whole numbers that are safe need no constructor. */
export function goInt(value: number | bigint): GoValue {
	return integer(value);
}

/** An integer of another type, such as `int64Type` or `uint8Type`. */
export function goInteger(type: GoType, value: number | bigint): GoValue {
	assert(isInteger(type.kind), `${type.text} is no integer type`);
	return goValue(type, integer(value));
}

/** A `float64`. Only whole numbers need this constructor: a plain `1` is an int. */
export function goFloat(value: number): GoValue {
	return Number.isSafeInteger(value) ? new Typed(float64Type, value) : value;
}

/** `[]ELEM` of raw elements. */
export function goSlice(elem: GoType, items: readonly unknown[]): GoValue {
	return goValue(sliceOf(elem), items);
}

/** `map[KEY]ELEM` of raw keys and elements. */
export function goMap(
	key: GoType,
	elem: GoType,
	entries: ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>,
): GoValue {
	return goValue(mapOf(key, elem), entries);
}

/** A struct of `type` with raw fields. */
export function goStruct(type: StructType, fields: Readonly<Record<string, unknown>>): GoValue {
	return goValue(type, fields);
}

/** Pointer to a value of `elem`; `undefined` gives the nil pointer. */
export function goPointer(elem: GoType, target: unknown): GoValue {
	return goValue(pointerTo(elem), target);
}

/**
 * A function that templates may call, from its Go signature: `goFunc("func(string, ...int) string", (s, ...n) => ...)`.
 *
 * `call` gets raw arguments, already checked against the signature, and gives a raw result, so it is written in plain
 * JavaScript: a parameter `[]string` is an array of strings, `int64` a number (or bigint beyond 2^53), `any` a `GoValue`.
 * It fails by throwing: the error's message becomes `error calling NAME: MESSAGE`, the error itself the `cause`.
 */
export function goFunc(
	signature: string | FuncType,
	call: (...raw: never[]) => unknown,
	named: NamedTypes = {},
): GoFunction {
	const type = typeof signature === "string" ? goSignature(signature, named) : signature;
	return new Typed(type, call) as GoFunction;
}

/** A method for `structType` or `namedType`: as `goFunc`, with the raw receiver as first argument of `call`. */
export function goMethod(
	signature: string | FuncType,
	call: (...receiverAndRaw: never[]) => unknown,
	named: NamedTypes = {},
): GoMethod {
	return { type: typeof signature === "string" ? goSignature(signature, named) : signature, call };
}

/** A channel from which `range` receives raw elements until `source` ends. */
export function goChannel(elem: GoType, source: Iterable<unknown>): GoValue {
	return goValue(channelOf(elem), source);
}

/** An iterator (`iter.Seq[ELEM]`) of raw elements. */
export function goIterator(elem: GoType, iterate: () => Iterable<unknown>): GoValue {
	return goValue(iteratorType(elem), iterate);
}

/** An iterator of pairs (`iter.Seq2[KEY,ELEM]`). */
export function goPairIterator(
	key: GoType,
	elem: GoType,
	iterate: () => Iterable<readonly [unknown, unknown]>,
): GoValue {
	return goValue(iteratorType(key, elem), iterate);
}
