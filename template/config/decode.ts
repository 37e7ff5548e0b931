import { parseDurationMs } from "../../lib/duration.ts";
import { DiscoError } from "../../lib/errors.ts";
import { parseBool } from "../../lib/flags.ts";

/** Turns one value of a parsed file into a typed one; `where` is its dotted name for the error. */
export type Decoder<T> = (value: unknown, where: string) => T;

/** Where a key of a block goes: the field of the layer and how its value is read. */
export type BlockFields<Layer> = Readonly<Record<string, FieldDecoder<Layer>>>;

type FieldDecoder<Layer> = {
	[Field in keyof Layer]-?: { readonly field: Field; readonly decode: Decoder<NonNullable<Layer[Field]>> };
}[keyof Layer];

/** A table row: the value of the key becomes `field`. */
export function to<Layer, Field extends keyof Layer>(
	field: Field,
	decode: Decoder<NonNullable<Layer[Field]>>,
): FieldDecoder<Layer> {
	return { field, decode } as FieldDecoder<Layer>;
}

function invalid(where: string, value: unknown, wanted: string): DiscoError {
	return new DiscoError("CONFIG_VALUE_INVALID", `${where}: ${JSON.stringify(value)} is not ${wanted}`);
}

export const text: Decoder<string> = (value, where) => {
	if (typeof value === "string") return value;
	if (typeof value === "number" || typeof value === "boolean") return String(value);
	throw invalid(where, value, "a text");
};

export const flag: Decoder<boolean> = (value, where) => {
	if (typeof value === "boolean") return value;
	if (typeof value === "number") return value !== 0;
	const parsed = typeof value === "string" ? parseBool(value) : undefined;
	if (parsed === undefined) throw invalid(where, value, "true or false");
	return parsed;
};

export const whole: Decoder<number> = (value, where) => {
	const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
	if (typeof number !== "number" || !Number.isInteger(number)) throw invalid(where, value, "a whole number");
	return number;
};

/** A Go duration, or a number of nanoseconds as Go reads a bare one. */
export const duration: Decoder<number> = (value, where) => {
	if (typeof value === "number") return value / 1e6;
	if (typeof value !== "string") throw invalid(where, value, "a duration such as 10s");
	return parseDurationMs(value, where);
};

export const texts: Decoder<readonly string[]> = (value, where) =>
	(Array.isArray(value) ? value : [value]).map((item) => text(item, where));

/** Permission bits: octal digits as text, or a number as the file's syntax has it (HCL reads `0644` as octal). */
export const mode: Decoder<number> = (value, where) => {
	const bits = typeof value === "string" && /^0?[0-7]{1,4}$/.test(value) ? Number.parseInt(value, 8) : value;
	if (typeof bits !== "number" || !Number.isInteger(bits) || bits < 0 || bits > 0o7777) {
		throw invalid(where, value, 'permissions in octal such as "0644"');
	}
	return bits;
};

/** Any block, taken as it is. */
export const anything: Decoder<Readonly<Record<string, unknown>>> = (value, where) => asObject(value, where);

/** A block of known keys; a repeated block is one whose later keys win. Errors: `CONFIG_KEY_UNKNOWN` and those of the keys. */
export function block<Layer extends object>(fields: BlockFields<Layer>): Decoder<Layer> {
	return (value, where) => decodeObject(asObject(value, where), where, fields);
}

/** A block that may be given several times, each one an element. */
export function blocks<Layer extends object>(fields: BlockFields<Layer>): Decoder<readonly Layer[]> {
	return (value, where) =>
		(Array.isArray(value) ? value : [value]).map((item, index) =>
			decodeObject(asObject(item, `${where}[${index}]`), where, fields),
		);
}

function decodeObject<Layer extends object>(
	object: Readonly<Record<string, unknown>>,
	where: string,
	fields: BlockFields<Layer>,
): Layer {
	const layer: Partial<Layer> = {};
	for (const [key, value] of Object.entries(object)) {
		const row = Object.hasOwn(fields, key) ? fields[key] : undefined;
		const name = where === "" ? key : `${where}.${key}`;
		if (row === undefined) throw unknownKey(key, where, Object.keys(fields));
		if (value === null) continue;
		layer[row.field] = row.decode(value, name) as Layer[typeof row.field];
	}
	return layer as Layer;
}

function unknownKey(key: string, where: string, known: readonly string[]): DiscoError {
	const place = where === "" ? "at the top" : `in "${where}"`;
	return new DiscoError("CONFIG_KEY_UNKNOWN", `unknown key "${key}" ${place}; known are ${known.join(", ")}`);
}

function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
	if (Array.isArray(value)) {
		const merged: Record<string, unknown> = {};
		for (const item of value) Object.assign(merged, asObject(item, where));
		return merged;
	}
	if (typeof value !== "object" || value === null) throw invalid(where, value, "a block { ... }");
	return value as Readonly<Record<string, unknown>>;
}
