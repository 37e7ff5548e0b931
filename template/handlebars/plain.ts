import { elementsOf, entriesOf, fieldOf, structTypeOf } from "../functions/index.ts";
import { type GoValue, goValue, rawOf, Typed, typeOf } from "../gotmpl/index.ts";

/** The order in which Go visits a map: kept beside the plain object, since JavaScript moves number-like keys to the front. */
const visitOrder = new WeakMap<object, readonly string[]>();
/** The template value that a plain one was made of, so that it keeps its Go type when it is passed on to a function. */
const origins = new WeakMap<object, GoValue>();

/** Rounds of all loops of a rendering; Go templates are stopped by their count of steps instead. */
export const roundsMax = 500_000;

/** A template value as the plain data that Handlebars shows: objects without a prototype, arrays, texts, numbers. */
export function plainOf(value: GoValue): unknown {
	if (value === undefined || value === null) return null;
	if (typeof value !== "object") return value;
	const elements = elementsOf(value);
	if (elements !== undefined) return remembered(elements.map(plainOf), value);
	const entries = entriesOf(value);
	if (entries !== undefined) {
		const plain = plainObject(entries.map(([key, item]) => [String(rawOf(key)), item]));
		visitOrder.set(
			plain,
			entries.map(([key]) => String(rawOf(key))),
		);
		return remembered(plain, value);
	}
	const struct = structTypeOf(value);
	if (struct !== undefined) {
		if ((value as Typed).raw === undefined) return null;
		return remembered(plainObject([...struct.fields.keys()].map((name) => [name, fieldOf(value, name)])), value);
	}
	if (value instanceof Typed && value.type.kind === "chan") {
		const { elem } = value.type;
		const items: unknown[] = [];
		for (const raw of (value.raw ?? []) as Iterable<unknown>) {
			if (items.length >= roundsMax) throw new Error(`a loop has more than ${roundsMax} rounds`);
			items.push(plainOf(goValue(elem, raw)));
		}
		return items;
	}
	return typeOf(value)?.kind === "func" ? null : rawOf(value);
}

function plainObject(fields: readonly (readonly [string, GoValue])[]): object {
	const plain: Record<string, unknown> = Object.create(null);
	for (const [name, value] of fields) plain[name] = plainOf(value);
	// Without a prototype there is no toString; a template that prints the object gets JavaScript's usual text.
	Object.defineProperty(plain, Symbol.toPrimitive, { value: () => "[object Object]" });
	return plain;
}

function remembered<T extends object>(plain: T, value: GoValue): T {
	origins.set(plain, value);
	return plain;
}

/** Plain data as a template value: the one it was made of, or what JavaScript's own kinds stand for. */
export function goOf(plain: unknown): GoValue {
	if (plain === undefined || plain === null) return null;
	if (typeof plain !== "object") return plain as GoValue;
	const origin = origins.get(plain);
	if (origin !== undefined) return origin;
	if (Array.isArray(plain)) return plain.map(goOf);
	return new Map(Object.entries(plain).map(([key, value]) => [key, goOf(value)]));
}

/** The keys of an object in the order in which `each` visits it. */
export function keysInOrder(object: object): readonly string[] {
	return visitOrder.get(object) ?? Object.keys(object);
}
