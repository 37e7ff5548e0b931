/** Data of a conformance case: JSON, with `{"$go": KIND, "v": VALUE}` for values of other types. */
import {
	anyType,
	type GoType,
	type GoValue,
	goFloat,
	goMap,
	goPointer,
	goSlice,
	goStruct,
	goType,
	goValue,
	integer,
	rawOf,
	type StructType,
	structType,
	typeOf,
} from "./index.ts";

type GoSpec = { readonly $go: string; readonly v: unknown };

/** The value that a case's `data` describes. */
export function engineData(json: unknown): GoValue {
	if (Array.isArray(json)) return json.map(engineData);
	if (typeof json !== "object" || json === null) return json as GoValue;
	if ("$go" in json) return typedData(json as GoSpec);
	return new Map(Object.entries(json).map(([key, value]) => [key, engineData(value)]));
}

function typedData({ $go, v }: GoSpec): GoValue {
	switch ($go) {
		case "float64":
			return goFloat(floatOf(v));
		case "int64":
		case "uint64":
		case "uint8":
		case "rune":
			return goValue(goType($go), integer(BigInt(String(v))));
		case "[]byte":
			return goSlice(goType("byte"), [...new TextEncoder().encode(String(v))]);
		case "map[int]string":
			return goMap(
				goType("int"),
				goType("string"),
				new Map(Object.entries(v as object).map(([k, x]) => [Number(k), x])),
			);
		case "struct":
			return structData(v, (type, fields) => goStruct(type, fields));
		case "ptr":
			return structData(v, (type, fields) => goPointer(type, fields));
		default:
			return goValue(goType($go), v);
	}
}

function floatOf(v: unknown): number {
	return Number(String(v).replace("Inf", "Infinity"));
}

/** A struct of its own type: each field has the type of its value. */
function structData(
	v: unknown,
	make: (type: StructType, fields: Readonly<Record<string, unknown>>) => GoValue,
): GoValue {
	const values = (v as readonly (readonly [string, unknown])[]).map(([name, x]) => [name, engineData(x)] as const);
	const types: (readonly [string, GoType])[] = values.map(([name, x]) => [name, typeOf(x) ?? anyType]);
	const raw = values.map(([name, x]) => [name, rawOf(x)] as const);
	return make(structType("", Object.fromEntries(types)), Object.fromEntries(raw));
}
