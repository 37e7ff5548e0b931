import { lengthOf } from "./access.ts";
import { type GoValue, Typed } from "./values.ts";

/** Whether `if` takes the branch: false are false, 0, the empty text, slice or map, and nil; structs are true. */
export function isTrue(value: GoValue): boolean {
	if (typeof value !== "object") return isPlainTrue(value);
	if (value === null) return false;
	return value instanceof Typed ? isTypedTrue(value) : lengthOf(value) > 0;
}

/** NaN is true: it is not zero. */
function isPlainTrue(raw: unknown): boolean {
	return raw !== false && raw !== "" && raw !== 0 && raw !== 0n && raw !== undefined;
}

function isTypedTrue(value: Typed): boolean {
	const { kind } = value.type;
	if (kind === "struct") return true;
	if (kind === "slice" || kind === "map") return lengthOf(value) > 0;
	if (kind !== "complex128") return isPlainTrue(value.raw);
	const [real, imaginary] = value.raw as readonly [number, number];
	return real !== 0 || imaginary !== 0;
}
