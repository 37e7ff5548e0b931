import { invalid, Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** How a value is written and read. Reading nil gives `zero`, as a missing field of a struct does. */
export interface Codec<T> {
	readonly zero: T;
	write(writer: Writer, value: T): void;
	read(reader: Reader): T;
	/** Of a field of a struct: whether it is left out. */
	omits?(value: T): boolean;
}

/** The type that a codec reads. */
export type Infer<C> = C extends Codec<infer T> ? T : never;

/** For `encode`, whose calls do not nest. */
const shared = new Writer(1024);

/** The bytes of one value, with `prefix` (type bytes) before it. */
export function encode<T>(codec: Codec<T>, value: T, ...prefix: readonly number[]): Uint8Array {
	for (const byte of prefix) shared.appendByte(byte);
	try {
		codec.write(shared, value);
	} catch (error) {
		shared.finish();
		throw error;
	}
	return shared.finish();
}

/** Reads one value from `offset` on; what follows it is ignored, as the peers do. Fails with `MSGPACK_INVALID` or `MSGPACK_TRUNCATED`. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, offset = 0): T {
	return codec.read(new Reader(bytes, offset));
}

function wholeNumber(min: number, max: number): Codec<number> {
	return {
		zero: 0,
		write: (writer, value) => writer.integer(value),
		read: (reader) => reader.integer(min, max),
	};
}

export const u8 = wholeNumber(0, 0xff);
export const u16 = wholeNumber(0, 0xffff);
export const u32 = wholeNumber(0, 0xffff_ffff);
/** 64 bits on the wire; above 2^53-1 it is refused. For counters that never get there. */
export const u64 = wholeNumber(0, Number.MAX_SAFE_INTEGER);
/** As `u64`, signed: `int`, `int64` and durations in nanoseconds. */
export const i64 = wholeNumber(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

/** As `u64`; what is above 2^53-1 counts as that. For what others choose and only is compared. */
export const u64Clamped: Codec<number> = {
	zero: 0,
	write: (writer, value) => writer.integer(Math.min(value, Number.MAX_SAFE_INTEGER)),
	read: (reader) => Math.min(reader.integer(0, 2 ** 64), Number.MAX_SAFE_INTEGER),
};

/** All 64 bits: what users choose themselves (a key's flags). */
export const u64Exact: Codec<bigint> = {
	zero: 0n,
	write: (writer, value) => writer.integer(value),
	read: (reader) => {
		const value = reader.bigInteger();
		if (value < 0n) throw invalid(`integer ${value} is negative`, reader.offset);
		return value;
	},
};

export const float64: Codec<number> = {
	zero: 0,
	write: (writer, value) => writer.float64(value),
	read: (reader) => reader.float(),
};

export const bool: Codec<boolean> = {
	zero: false,
	write: (writer, value) => writer.bool(value),
	read: (reader) => reader.bool(),
};

export const string: Codec<string> = {
	zero: "",
	write: (writer, value) => writer.string(value),
	read: (reader) => reader.string(),
};

/** Bytes, or null for Go's nil slice. What is read is a view into the buffer. */
export const bytes: Codec<Uint8Array | null> = {
	zero: null,
	write: (writer, value) => (value === null ? writer.nil() : writer.raw(value)),
	read: (reader) => reader.bytes(),
};

/** An array, or null for Go's nil slice. More than `countMax` elements are malformed: small ones on the wire may be large ones here. */
export function list<T>(element: Codec<T>, countMax = Number.POSITIVE_INFINITY): Codec<readonly T[] | null> {
	return {
		zero: null,
		write: (writer, value) => {
			if (value === null) return writer.nil();
			writer.array(value.length);
			for (const item of value) element.write(writer, item);
		},
		read: (reader) => {
			const count = reader.array();
			if (count === null) return null;
			if (count > countMax) throw invalid(`${count} elements, at most ${countMax} are allowed`, reader.offset);
			const items: T[] = [];
			for (let at = 0; at < count; at++) items.push(element.read(reader));
			return items;
		},
	};
}

/** A map with text as keys, or null for Go's nil map. Written in the map's order. */
export function mapOf<T>(element: Codec<T>): Codec<ReadonlyMap<string, T> | null> {
	return {
		zero: null,
		write: (writer, value) => {
			if (value === null) return writer.nil();
			writer.map(value.size);
			for (const [key, item] of value) {
				writer.string(key);
				element.write(writer, item);
			}
		},
		read: (reader) => {
			const count = reader.map();
			if (count === null) return null;
			const items = new Map<string, T>();
			for (let at = 0; at < count; at++) {
				const key = reader.string();
				items.set(key, element.read(reader));
			}
			return items;
		},
	};
}

/** As `mapOf`, as an object. */
export function recordOf<T>(element: Codec<T>): Codec<Readonly<Record<string, T>> | null> {
	const entries = mapOf(element);
	return {
		zero: null,
		write: (writer, value) => entries.write(writer, value === null ? null : new Map(Object.entries(value))),
		read: (reader) => {
			const value = entries.read(reader);
			return value === null ? null : Object.fromEntries(value);
		},
	};
}

/** What always has the same content here: these bytes are written, whatever stands there is passed over. */
export function constant(encoded: Uint8Array): Codec<null> {
	return {
		zero: null,
		write: (writer) => writer.append(encoded),
		read: (reader) => {
			reader.skip();
			return null;
		},
	};
}

/** A pointer: nil or the value. */
export function nullable<T>(element: Codec<T>): Codec<T | null> {
	return {
		zero: null,
		write: (writer, value) => (value === null ? writer.nil() : element.write(writer, value)),
		read: (reader) => (reader.takeNil() ? null : element.read(reader)),
	};
}

/** A field that is left out when it has its zero value (`codec:",omitempty"`). Empty bytes and text count as zero. */
export function omitEmpty<T>(codec: Codec<T>): Codec<T> {
	return {
		...codec,
		omits: (value) => value === codec.zero || (value instanceof Uint8Array && value.length === 0),
	};
}

/**
 * A struct: a map with sorted keys. Its fields are given in the order of the reference's declaration, since a struct may also come
 * as an array in that order. Unknown fields are passed over, missing ones are zero.
 */
export function struct<Fields extends { readonly [name: string]: Codec<unknown> }>(
	fields: Fields,
): Codec<StructOf<Fields>> {
	const declared = Object.entries(fields) as readonly (readonly [string, Codec<unknown>])[];
	const sorted = [...declared].sort(([a], [b]) => (a < b ? -1 : 1));
	const byName = new Map(declared);
	// Peers write the fields in this order: their names are compared as bytes and need not become text.
	const expected: readonly Expected[] = sorted.map((field) => ({ field, name: encode(string, field[0]) }));
	const mayOmit = sorted.some(([, codec]) => codec.omits !== undefined);
	const zero = Object.freeze(Object.fromEntries(declared.map(([name, codec]) => [name, codec.zero])));
	return {
		zero: zero as StructOf<Fields>,
		write: (writer, value) => {
			const given = value as Readonly<Record<string, unknown>>;
			const written = mayOmit ? sorted.filter(([name, codec]) => codec.omits?.(given[name]) !== true) : sorted;
			writer.map(written.length);
			for (const [name, codec] of written) {
				writer.string(name);
				codec.write(writer, given[name]);
			}
		},
		read: (reader) => {
			const value: Record<string, unknown> = { ...zero };
			if (reader.takeNil()) return value as StructOf<Fields>;
			if (isArray(reader.peek())) {
				const count = reader.array() ?? 0;
				for (let at = 0; at < count; at++) readField(reader, value, declared[at]);
			} else {
				const count = reader.map() ?? 0;
				let next = 0;
				for (let at = 0; at < count; at++) {
					while (next < expected.length && !reader.takeBytes((expected[next] as Expected).name)) next++;
					const likely = expected[next++];
					if (likely !== undefined) {
						readField(reader, value, likely.field);
						continue;
					}
					const name = reader.string();
					const codec = byName.get(name);
					readField(reader, value, codec === undefined ? undefined : [name, codec]);
				}
			}
			return value as StructOf<Fields>;
		},
	};
}

interface Expected {
	readonly field: readonly [name: string, codec: Codec<unknown>];
	/** As it is written. */
	readonly name: Uint8Array;
}

type StructOf<Fields> = { readonly [Name in keyof Fields]: Fields[Name] extends Codec<infer T> ? T : never };

function readField(
	reader: Reader,
	value: Record<string, unknown>,
	field: readonly [name: string, codec: Codec<unknown>] | undefined,
): void {
	if (field === undefined) reader.skip();
	else value[field[0]] = reader.takeNil() ? field[1].zero : field[1].read(reader);
}

function isArray(first: number): boolean {
	return (first & 0xf0) === 0x90 || first === 0xdc || first === 0xdd;
}
