/** `index`, `slice` and `len`. */
import { elementAt, elementType, indirect, isNilValue, itemsOf, keyType, lengthOf, mapElement } from "./access.ts";
import { byteAt, sliceBytes } from "./bytes.ts";
import { assignable, canBeNil, type GoType, isInteger, uint8Type } from "./types.ts";
import { type GoValue, goValue, kindOf, rawOf, Typed, typeOf, typeText } from "./values.ts";

/** `index x 1 2`: `x[1][2]`. Throws an Error when there is no such element of a slice or text; a missing key is a zero value. */
export function index(container: GoValue, keys: readonly GoValue[]): GoValue {
	if (isAbsent(container)) throw new Error("index of untyped nil");
	return keys.reduce<GoValue>((value, key) => indexOnce(indirect(value), key), container);
}

function indexOnce(item: GoValue, key: GoValue): GoValue {
	const kind = kindOf(item);
	if (kind === "invalid" || (kind === "pointer" && isNilValue(item))) throw new Error("index of nil pointer");
	if (kind === "slice") {
		const at = position(key, lengthOf(item));
		if (at === lengthOf(item)) throw new Error("reflect: slice index out of range");
		return elementAt(item, at);
	}
	if (kind === "string") {
		const text = rawOf(item) as string;
		const at = position(key, lengthOf(text));
		if (at === lengthOf(text)) throw new Error("reflect: string index out of range");
		return goValue(uint8Type, byteAt(text, at));
	}
	if (kind !== "map") throw new Error(`can't index item of type ${typeText(item)}`);
	const element = mapElement(item, convertArgument(key, keyType(item)));
	return element === undefined ? goValue(elementType(item), undefined) : element.found;
}

/** An index or slice bound: an integer from 0 up to and including `max`. */
function position(value: GoValue, max: number): number {
	const kind = kindOf(value);
	if (kind === "invalid") throw new Error("cannot index slice/array with nil");
	if (!isInteger(kind)) throw new Error(`cannot index slice/array with type ${typeText(value)}`);
	const at = rawOf(value) as number | bigint;
	// Go looks at an unsigned index as a signed one.
	if (at < 0 || at > max) throw new Error(`index out of range: ${BigInt.asIntN(64, BigInt(at))}`);
	return Number(at);
}

/** A value for a parameter or key of `type`: integers become each other, nil becomes the nil of the type. */
export function convertArgument(value: GoValue, type: GoType): GoValue {
	const from = typeOf(value);
	if (from === undefined) {
		if (!canBeNil(type)) throw new Error(`value is nil; should be of type ${type.text}`);
		return goValue(type, undefined);
	}
	if (assignable(from, type)) return value;
	if (isInteger(from.kind) && isInteger(type.kind)) return goValue(type, rawOf(value));
	throw new Error(`value has type ${from.text}; should be ${type.text}`);
}

/** `slice x 1 2`: `x[1:2]`, of texts (by bytes) and slices. */
export function slice(value: GoValue, bounds: readonly GoValue[]): GoValue {
	if (isAbsent(value)) throw new Error("slice of untyped nil");
	const item = indirect(value);
	const kind = kindOf(item);
	if (kind === "pointer") throw new Error("slice of nil pointer");
	if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
	if (kind === "string" && bounds.length === 3) throw new Error("cannot 3-index slice a string");
	if (kind !== "string" && kind !== "slice") throw new Error(`can't slice item of type ${typeText(item)}`);
	const length = lengthOf(item);
	const [from = 0, to = length, capacity = length] = bounds.map((bound) => position(bound, length));
	if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
	if (to > capacity) throw new Error(`invalid slice index: ${to} > ${capacity}`);
	if (kind === "string") {
		const part = sliceBytes(rawOf(item) as string, from, to);
		return item instanceof Typed ? goValue(item.type, part) : part;
	}
	const items = itemsOf(item).slice(from, to);
	return item instanceof Typed ? goValue(item.type, items) : (items as readonly GoValue[]);
}

/** `len`: bytes of a text, elements of a slice or map. */
export function length(value: GoValue): number {
	if (value === undefined) throw new Error("reflect: call of reflect.Value.Type on zero Value");
	const item = indirect(value);
	const kind = kindOf(item);
	if (kind === "invalid" || (kind === "pointer" && isNilValue(item))) throw new Error("len of nil pointer");
	if (kind !== "string" && kind !== "slice" && kind !== "map" && kind !== "chan") {
		throw new Error(`len of type ${typeText(item)}`);
	}
	return lengthOf(item);
}

function isAbsent(value: GoValue): boolean {
	return value === undefined || value === null;
}
