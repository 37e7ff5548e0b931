import {
	type GoValue,
	goFloat,
	goFunc,
	goInteger,
	int64Type,
	isSigned,
	isUnsigned,
	typeOf,
	uint64Type,
} from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { numberOf, textOf, typeName } from "./values.ts";

/** Arithmetic takes `b a` and computes `a op b`, so that `10 | subtract 3` is 7 (FUNCTIONS.md "Math"). */
export const mathFunctions: FunctionFamily = {
	add: arithmetic("add", { integer: (a, b) => a + b, float: (a, b) => a + b }),
	subtract: arithmetic("subtract", { integer: (a, b) => a - b, float: (a, b) => a - b }),
	multiply: arithmetic("multiply", { integer: (a, b) => a * b, float: (a, b) => a * b }),
	divide: arithmetic("divide", { integer: (a, b) => a / notZero(b), float: (a, b) => a / b }),
	modulo: arithmetic("modulo", { integer: (a, b) => a % notZero(b) }),
	minimum: arithmetic("minimum", { integer: (a, b) => (a < b ? a : b), float: (a, b) => (a < b ? a : b) }),
	maximum: arithmetic("maximum", { integer: (a, b) => (a > b ? a : b), float: (a, b) => (a > b ? a : b) }),
};

interface Operation {
	readonly integer: (a: bigint, b: bigint) => bigint;
	/** Undefined: floats are refused. */
	readonly float?: (a: number, b: number) => number;
}

/** int with int is int64 and wraps, unsigned with unsigned uint64, with a float it is float64. */
function arithmetic(name: string, operation: Operation) {
	return goFunc("func(any, any) (any, error)", (b: GoValue, a: GoValue) => {
		const kinds = [operandKind(name, b, operation), operandKind(name, a, operation)];
		if (kinds.includes("float")) {
			return goFloat((operation.float as NonNullable<Operation["float"]>)(Number(numberOf(a)), Number(numberOf(b))));
		}
		const result = operation.integer(BigInt(numberOf(a) ?? 0), BigInt(numberOf(b) ?? 0));
		return kinds.every((kind) => kind === "unsigned")
			? goInteger(uint64Type, BigInt.asUintN(64, result))
			: goInteger(int64Type, BigInt.asIntN(64, result));
	});
}

function operandKind(name: string, value: GoValue, operation: Operation): "signed" | "unsigned" | "float" {
	const kind = typeOf(value)?.kind;
	if (kind !== undefined && isSigned(kind)) return "signed";
	if (kind !== undefined && isUnsigned(kind)) return "unsigned";
	if (kind === "float64" && operation.float !== undefined) return "float";
	throw new Error(`${name}: unknown type for ${shown(value)} (${typeName(value)})`);
}

/** As Go's `%q` with a wrong type. */
function shown(value: GoValue): string {
	const text = textOf(value);
	if (text !== undefined) return JSON.stringify(text);
	return `%!q(${typeName(value)}=${numberOf(value) ?? ""})`;
}

function notZero(value: bigint): bigint {
	if (value === 0n) throw new Error("runtime error: integer divide by zero");
	return value;
}
