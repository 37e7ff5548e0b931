import { assert } from "../errors.ts";
import { invalid, nestingMax, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** A value whose shape nobody declared. Raw values are bytes: only who asked for them knows whether they are text. */
export type Value =
	| null
	| boolean
	| number
	| bigint
	| string
	| Uint8Array
	| readonly Value[]
	| { readonly [key: string]: Value };

/** Whole numbers as integers, others as float64; the keys of objects in their own order. */
export function writeValue(writer: Writer, value: Value): void {
	if (value === null) writer.nil();
	else if (typeof value === "boolean") writer.bool(value);
	else if (typeof value === "bigint") writer.integer(value);
	else if (typeof value === "number") {
		if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.integer(value);
		else writer.float64(value);
	} else if (typeof value === "string") writer.string(value);
	else if (value instanceof Uint8Array) writer.raw(value);
	else if (isList(value)) {
		writer.array(value.length);
		for (const item of value) writeValue(writer, item);
	} else {
		const entries = Object.entries(value);
		writer.map(entries.length);
		for (const [key, item] of entries) {
			writer.string(key);
			writeValue(writer, item);
		}
	}
}

/** Integers beyond 2^53 come as bigint, raw values as views into the buffer, maps as objects without prototype. */
export function readValue(reader: Reader, depth = 0): Value {
	if (depth > nestingMax) throw invalid(`nested deeper than ${nestingMax}`, reader.offset);
	const first = reader.peek();
	if (first === 0xc0) {
		reader.takeNil();
		return null;
	}
	if (first === 0xc2 || first === 0xc3) return reader.bool();
	if (first === 0xca || first === 0xcb) return reader.float();
	if ((first & 0xf0) === 0x90 || first === 0xdc || first === 0xdd) {
		const count = reader.array() ?? 0;
		const items: Value[] = [];
		for (let at = 0; at < count; at++) items.push(readValue(reader, depth + 1));
		return items;
	}
	if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf) {
		const count = reader.map() ?? 0;
		const items: { [key: string]: Value } = Object.create(null);
		for (let at = 0; at < count; at++) {
			const key = reader.string();
			items[key] = readValue(reader, depth + 1);
		}
		return items;
	}
	if (first < 0x80 || first >= 0xe0 || (first >= 0xcc && first <= 0xd3)) {
		const exact = reader.bigInteger();
		const value = Number(exact);
		return Number.isSafeInteger(value) ? value : exact;
	}
	const raw = reader.bytes();
	assert(raw !== null, "nil was handled above");
	return raw;
}

function isList(value: readonly Value[] | { readonly [key: string]: Value }): value is readonly Value[] {
	return Array.isArray(value);
}
