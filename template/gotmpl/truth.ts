import { lengthOf } from "./access.ts";
import { type GoValue, Typed } from "./values.ts";

/** Whether `if` takes the branch: false are false, 0, the empty text, slice or map, and nil; structs are true. */
export function isTrue(value: GoValue): boolean {
	switch (typeof value) {
		case "boolean":
			return value;
		case "string":
			return value !== "";
		case "number":
			return value !== 0;
		case "bigint":
			return value !== 0n;
		case "undefined":
			return false;
		default:
			if (value === null) return false;
			return value instanceof Typed ? isTypedTrue(value) : lengthOf(value) > 0;
	}
}

function isTypedTrue(value: Typed): boolean {
	switch (value.type.kind) {
		case "struct":
			return true;
		case "slice":
		case "map":
			return lengthOf(value) > 0;
		case "pointer":
		case "func":
		case "chan":
			return value.raw !== undefined;
		case "complex128": {
			const [real, imaginary] = value.raw as readonly [number, number];
			return real !== 0 || imaginary !== 0;
		}
		case "string":
		case "bool":
			return Boolean(value.raw);
		default:
			return value.raw !== 0 && value.raw !== 0n;
	}
}
