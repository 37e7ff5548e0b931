import {
	builtins,
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
import { numberOf, typeName } from "./values.ts";

/** Arithmetic takes `b a` and computes `a op b`, so that `10 | subtract 3` is 7 (FUNCTIONS.md "Math"). */
export const mathFunctions: FunctionFamily = {
	add: arithmetic("add", { integer: (a, b) => a + b, float: (a, b) => a + b }),
	subtract: arithmetic("subtract", { integer: (a, b) => a - b, float: (a, b) => a - b }),
	multiply: arithmetic("multiply", { integer: (a, b) => a * b, float: (a, b) => a * b }),
	divide: arithmetic("divide", { integer: (a, b) => a / notZero(b), float: (a, b) => a / b }),
	modulo: arithmetic("modulo", { integer: (a, b) => a % notZero(b) }),
	minimum: choice("minimum", (a, b) => a < b),
	maximum: choice("maximum", (a, b) => a > b),
};

interface Operation {
	readonly integer: (a: bigint, b: bigint) => bigint;
	/** Undefined: floats are refused. */
	readonly float?: (a: number, b: number) => number;
}

/** int with int is int64 and wraps, unsigned with unsigned uint64, with a float it is float64. */
function arithmetic(name: string, operation: Operation) {
	return goFunc("func(any, any) (any, error)", (b: GoValue, a: GoValue) => {
		const kinds = [operandKind(name, a, operation), operandKind(name, b, operation)];
		if (kinds.includes("float")) {
			return goFloat((operation.float as NonNullable<Operation["float"]>)(Number(numberOf(a)), Number(numberOf(b))));
		}
		const result = operation.integer(BigInt(numberOf(a) ?? 0), BigInt(numberOf(b) ?? 0));
		return kinds.every((kind) => kind === "unsigned")
			? goInteger(uint64Type, BigInt.asUintN(64, result))
			: goInteger(int64Type, BigInt.asIntN(64, result));
	});
}

/** One of the two numbers, as an int64, uint64 or float64, whatever the other is. */
function choice(name: string, takesFirst: (a: number | bigint, b: number | bigint) => boolean) {
	return goFunc("func(any, any) (any, error)", (b: GoValue, a: GoValue) => {
		const either = { integer: () => 0n, float: () => 0 };
		const kindA = operandKind(name, a, either);
		const kindB = operandKind(name, b, either);
		const [numberA, numberB] = [numberOf(a) ?? 0, numberOf(b) ?? 0];
		const [kind, chosen] = takesFirst(numberA, numberB) ? [kindA, numberA] : [kindB, numberB];
		if (kind === "float") return goFloat(Number(chosen));
		return goInteger(kind === "unsigned" ? uint64Type : int64Type, chosen);
	});
}

function operandKind(name: string, value: GoValue, operation: Operation): "signed" | "unsigned" | "float" {
	const kind = typeOf(value)?.kind;
	if (kind !== undefined && isSigned(kind)) return "signed";
	if (kind !== undefined && isUnsigned(kind)) return "unsigned";
	if (kind === "float64" && operation.float !== undefined) return "float";
	throw new Error(`${name}: unknown type for ${shownQuoted(value)} (${typeName(value)})`);
}

/** As Go's `%q` shows it. */
function shownQuoted(value: GoValue): string {
	const printf = builtins.get("printf")?.raw as (format: string, ...values: GoValue[]) => string;
	return printf("%q", value);
}

function notZero(value: bigint): bigint {
	if (value === 0n) throw new Error("runtime error: integer divide by zero");
	return value;
}
