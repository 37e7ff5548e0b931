import { assert } from "../../lib/errors.ts";
import {
	anyType,
	boolType,
	channelOf,
	complex128Type,
	errorType,
	type FuncType,
	float64Type,
	funcType,
	type GoType,
	int8Type,
	int16Type,
	int32Type,
	int64Type,
	intType,
	mapOf,
	pointerTo,
	sliceOf,
	stringType,
	uint8Type,
	uint16Type,
	uint32Type,
	uint64Type,
	uintType,
	valueType,
} from "./types.ts";

const predeclared: ReadonlyMap<string, GoType> = new Map<string, GoType>([
	...[boolType, stringType, float64Type, complex128Type, intType, int8Type, int16Type, int32Type, int64Type].map(
		(type) => [type.text, type] as const,
	),
	...[uintType, uint8Type, uint16Type, uint32Type, uint64Type, errorType, valueType].map(
		(type) => [type.text, type] as const,
	),
	["byte", uint8Type],
	["rune", int32Type],
	["any", anyType],
]);

/** Named types that a type's text may use, by the name used there. */
export type NamedTypes = Readonly<Record<string, GoType>>;

/**
 * The type that Go's notation describes: `map[string][]int`, `*dependency.Node`, `func(string, ...any) (string, error)`.
 *
 * Names that Go does not declare are looked up in `named`. The text is the programmer's, so a mistake is an assertion.
 */
export function goType(text: string, named: NamedTypes = {}): GoType {
	const reader = { text, at: 0, named };
	const type = readType(reader);
	assert(reader.at === text.length, `type "${text}" ends at ${reader.at}`);
	return type;
}

/** As `goType`, for the signature of a function. */
export function goSignature(text: string, named: NamedTypes = {}): FuncType {
	const type = goType(text, named);
	assert(type.kind === "func", `"${text}" is the signature of a function`);
	return type;
}

type Reader = { readonly text: string; at: number; readonly named: NamedTypes };

function readType(reader: Reader): GoType {
	if (took(reader, "[]")) return sliceOf(readType(reader));
	if (took(reader, "*")) return pointerTo(readType(reader));
	if (took(reader, "<-chan ")) return channelOf(readType(reader));
	if (took(reader, "interface {}") || took(reader, "interface{}")) return anyType;
	if (took(reader, "func(")) return readSignature(reader);
	if (took(reader, "map[")) {
		const key = readType(reader);
		expect(reader, "]");
		return mapOf(key, readType(reader));
	}
	const name = /^[\w.]+/.exec(reader.text.slice(reader.at))?.[0] ?? "";
	const type = Object.hasOwn(reader.named, name) ? reader.named[name] : predeclared.get(name);
	assert(type !== undefined, `type "${reader.text}": unknown name "${name}" at ${reader.at}`);
	reader.at += name.length;
	return type;
}

/** What follows `func(`. A second result is always `error`, which functions throw. */
function readSignature(reader: Reader): FuncType {
	const parameters: GoType[] = [];
	let variadic = false;
	while (!took(reader, ")")) {
		if (parameters.length > 0) expect(reader, ", ");
		assert(!variadic, `type "${reader.text}": only the last parameter is variadic`);
		variadic = took(reader, "...");
		parameters.push(readType(reader));
	}
	expect(reader, " ");
	const pair = took(reader, "(");
	const result = readType(reader);
	if (pair) expect(reader, ", error)");
	return funcType(parameters, result, { variadic });
}

function took(reader: Reader, word: string): boolean {
	if (!reader.text.startsWith(word, reader.at)) return false;
	reader.at += word.length;
	return true;
}

function expect(reader: Reader, word: string): void {
	assert(took(reader, word), `type "${reader.text}": expected "${word}" at ${reader.at}`);
}
