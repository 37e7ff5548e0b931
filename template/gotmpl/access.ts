/** Reading the insides of values: elements, entries, fields, what a pointer points to. */
import { byteLength, compareTexts } from "./bytes.ts";
import { compareKeys } from "./map-order.ts";
import { anyType, type GoType, stringType } from "./types.ts";
import { type GoValue, goValue, Typed } from "./values.ts";

/** Raw elements of a slice. */
export function itemsOf(value: GoValue): readonly unknown[] {
	if (value instanceof Typed) return (value.raw as readonly unknown[] | undefined) ?? [];
	return Array.isArray(value) ? value : [];
}

/** Type of the elements of a slice, map, channel, or of what a pointer points to; `interface {}` where nothing is said. */
export function elementType(value: GoValue): GoType {
	return value instanceof Typed && "elem" in value.type ? value.type.elem : anyType;
}

/** Type of a map's keys. */
export function keyType(value: GoValue): GoType {
	return value instanceof Typed && value.type.kind === "map" ? value.type.key : stringType;
}

/** An element of a slice, by an index that is inside. */
export function elementAt(value: GoValue, index: number): GoValue {
	return goValue(elementType(value), itemsOf(value)[index]);
}

/** What Go's `len` gives, for the kinds that have a length. */
export function lengthOf(value: GoValue): number {
	if (typeof value === "string") return byteLength(value);
	if (!(value instanceof Typed)) return value instanceof Map ? value.size : itemsOf(value).length;
	const { kind } = value.type;
	if (kind === "string") return byteLength(value.raw as string);
	if (kind === "map") return mapSize(value.raw as RawMap | undefined);
	// Channels have no buffer here, so nothing waits in them.
	return kind === "slice" ? itemsOf(value).length : 0;
}

type RawMap = ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>;

function mapSize(raw: RawMap | undefined): number {
	if (raw === undefined) return 0;
	return raw instanceof Map ? raw.size : Object.keys(raw).length;
}

function rawMap(value: GoValue): RawMap {
	if (value instanceof Typed) return (value.raw as RawMap | undefined) ?? {};
	return value instanceof Map ? value : {};
}

/** Type and raw element under a key of the map's key type, or undefined when there is none. */
export function mapElement(value: GoValue, key: GoValue): { readonly found: GoValue } | undefined {
	const raw = rawMap(value);
	const rawKey = key instanceof Typed && keyType(value).kind !== "interface" ? key.raw : key;
	if (!(raw instanceof Map)) {
		const name = String(rawKey);
		return Object.hasOwn(raw, name)
			? { found: goValue(elementType(value), (raw as Readonly<Record<string, unknown>>)[name]) }
			: undefined;
	}
	if (raw.has(rawKey)) return { found: goValue(elementType(value), raw.get(rawKey)) };
	if (!(rawKey instanceof Typed)) return undefined;
	for (const [known, element] of raw) {
		if (known instanceof Typed && known.type === rawKey.type && known.raw === rawKey.raw) {
			return { found: goValue(elementType(value), element) };
		}
	}
	return undefined;
}

/** Keys and elements of a map in the order in which Go prints and visits them. */
export function entriesOf(value: GoValue): readonly (readonly [GoValue, GoValue])[] {
	const raw = rawMap(value);
	const key = keyType(value);
	const elem = elementType(value);
	const entries = raw instanceof Map ? [...raw] : Object.entries(raw);
	if (key === stringType) {
		return (entries as [string, unknown][])
			.sort((a, b) => compareTexts(a[0], b[0]))
			.map(([name, element]) => [name, goValue(elem, element)] as const);
	}
	return (entries as [unknown, unknown][])
		.map(([rawKey, element]) => [goValue(key, rawKey), goValue(elem, element)] as const)
		.sort((a, b) => compareKeys(a[0], b[0]));
}

/** Fields of a struct in the order of their declaration. */
export function fieldsOf(value: GoValue): readonly (readonly [string, GoValue])[] {
	if (!(value instanceof Typed) || value.type.kind !== "struct") return [];
	const raw = value.raw as Readonly<Record<string, unknown>>;
	return [...value.type.fields.values()].map(({ name, type }) => [name, goValue(type, raw[name])] as const);
}

/** What a pointer points to; undefined for the nil pointer. */
export function pointee(value: GoValue): GoValue {
	if (!(value instanceof Typed) || value.type.kind !== "pointer" || value.raw === undefined) return undefined;
	return goValue(value.type.elem, value.raw);
}

/** Whether the value is nil: no value, nil, or the nil of its type. */
export function isNilValue(value: GoValue): boolean {
	if (value === undefined || value === null) return true;
	return value instanceof Typed && value.raw === undefined;
}

/** Follows pointers to what they point to; stops at a nil pointer. */
export function indirect(value: GoValue): GoValue {
	let target = value;
	while (target instanceof Typed && target.type.kind === "pointer" && target.raw !== undefined) {
		target = goValue(target.type.elem, target.raw);
	}
	return target;
}
