/** `eq ne lt le gt ge`: Go's rules for what may be compared. */
import { fieldsOf, isNilValue } from "./access.ts";
import { compareTexts } from "./bytes.ts";
import { plainFlags } from "./format/flags.ts";
import { formatValue, plainText } from "./format/value.ts";
import { type GoType, isSigned, isUnsigned } from "./types.ts";
import { type GoValue, kindOf, rawOf, typeOf, typeText } from "./values.ts";

/** Kinds that compare by their value. */
type Basic = "bool" | "complex" | "float" | "int" | "string" | "uint";

function basicKind(value: GoValue): Basic | undefined {
	const kind = kindOf(value);
	if (kind === "bool" || kind === "string") return kind;
	if (kind === "float64") return "float";
	if (kind === "complex128") return "complex";
	if (kind === "invalid") return undefined;
	return isSigned(kind) ? "int" : isUnsigned(kind) ? "uint" : undefined;
}

/** Integers compare with each other whatever their signs. */
function areIntegers(left: Basic | undefined, right: Basic | undefined): boolean {
	return (left === "int" || left === "uint") && (right === "int" || right === "uint");
}

/** Whether `left` equals one of `rights`. Throws an Error when they cannot be compared; later ones are not looked at after a match. */
export function equalsAny(left: GoValue, rights: readonly GoValue[]): boolean {
	if (rights.length === 0) throw new Error("missing argument for comparison");
	return rights.some((right) => equals(left, right));
}

function equals(left: GoValue, right: GoValue): boolean {
	const leftKind = basicKind(left);
	const rightKind = basicKind(right);
	if (areIntegers(leftKind, rightKind)) return sameNumber(rawOf(left), rawOf(right));
	if (leftKind !== rightKind) {
		if (isAbsent(left) || isAbsent(right)) return false;
		throw incompatible(left, right);
	}
	if (leftKind === undefined) return equalsOther(left, right);
	if (leftKind !== "complex") return rawOf(left) === rawOf(right);
	const [a, b] = rawOf(left) as readonly [number, number];
	const [c, d] = rawOf(right) as readonly [number, number];
	return a === c && b === d;
}

/** Slices, maps, structs, pointers and nil. */
function equalsOther(left: GoValue, right: GoValue): boolean {
	if (kindOf(left) !== kindOf(right) && !isAbsent(left) && !isAbsent(right)) {
		throw new Error(`non-comparable types ${shown(left)}: ${typeText(left)}, ${typeText(right)}: ${plainText(right)}`);
	}
	if (isNilValue(left) || isNilValue(right)) return isNilValue(left) === isNilValue(right);
	if (!isComparable(typeOf(right))) throw new Error(`non-comparable type ${shown(right)}: ${typeText(right)}`);
	return identical(left, right);
}

/** Go's specification, Comparison operators: a struct is comparable if its fields are. */
function isComparable(type: GoType | undefined): boolean {
	if (type?.kind === "struct") return [...type.fields.values()].every((field) => isComparable(field.type));
	return type?.kind !== "slice" && type?.kind !== "map" && type?.kind !== "func";
}

/** Structs are equal field by field, everything else by value or by being the same thing. */
function identical(left: GoValue, right: GoValue): boolean {
	const leftType = typeOf(left);
	const rightType = typeOf(right);
	if (leftType?.kind !== "struct" || rightType?.kind !== "struct") {
		return leftType === rightType && rawOf(left) === rawOf(right);
	}
	// Unnamed struct types with the same fields are one type.
	if (leftType !== rightType && (leftType.named || leftType.text !== rightType.text)) return false;
	const others = fieldsOf(right);
	return fieldsOf(left).every(([, field], i) => identical(field, others[i]?.[1]));
}

function shown(value: GoValue): string {
	return formatValue(value, "s", plainFlags);
}

/** Whether `left` is smaller. Throws an Error when they have no order. */
export function isLess(left: GoValue, right: GoValue): boolean {
	const leftKind = orderedKind(left);
	const rightKind = orderedKind(right);
	if (areIntegers(leftKind, rightKind)) return (rawOf(left) as number) < (rawOf(right) as number);
	if (leftKind !== rightKind) throw incompatible(left, right);
	if (leftKind === "string") return compareTexts(rawOf(left) as string, rawOf(right) as string) < 0;
	if (leftKind === "float") return (rawOf(left) as number) < (rawOf(right) as number);
	throw new Error("invalid type for comparison");
}

function orderedKind(value: GoValue): Basic {
	const kind = basicKind(value);
	if (kind === undefined) throw new Error("invalid type for comparison");
	return kind;
}

function sameNumber(left: unknown, right: unknown): boolean {
	const a = left as number | bigint;
	const b = right as number | bigint;
	return a <= b && a >= b;
}

function isAbsent(value: GoValue): boolean {
	return value === undefined || value === null;
}

function incompatible(left: GoValue, right: GoValue): Error {
	return new Error(`incompatible types for comparison: ${typeText(left)} and ${typeText(right)}`);
}
