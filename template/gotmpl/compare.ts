/** `eq ne lt le gt ge`: Go's rules for what may be compared. */
import { isNilValue } from "./access.ts";
import { compareTexts } from "./bytes.ts";
import { plainFlags } from "./format/flags.ts";
import { formatValue } from "./format/value.ts";
import { isSigned, isUnsigned } from "./types.ts";
import { type GoValue, kindOf, rawOf, Typed, typeText } from "./values.ts";

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
		throw new Error(`non-comparable types ${shown(left)}: ${typeText(left)}, ${typeText(right)}: ${shown(right)}`);
	}
	if (isNilValue(left) || isNilValue(right)) return isNilValue(left) === isNilValue(right);
	if (!isComparable(right)) throw new Error(`non-comparable type ${shown(right)}: ${typeText(right)}`);
	return identical(left, right);
}

function isComparable(value: GoValue): boolean {
	return value instanceof Typed && ["struct", "pointer", "chan"].includes(value.type.kind);
}

function identical(left: GoValue, right: GoValue): boolean {
	if (!(left instanceof Typed && right instanceof Typed)) return left === right;
	if (left.type.kind !== "struct" || right.type.kind !== "struct") return left.raw === right.raw;
	if (left.type !== right.type && (left.type.named || left.type.text !== right.type.text)) return false;
	const a = left.raw as Readonly<Record<string, unknown>>;
	const b = right.raw as Readonly<Record<string, unknown>>;
	return [...left.type.fields.keys()].every((name) => a[name] === b[name]);
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
