import { tryParseDurationMs } from "../duration.ts";
import { DiscoError } from "../errors.ts";
import type { Json } from "./parse.ts";
import { type JsonSchema, schemaOf, withSchema } from "./schema.ts";

/** Turns a parsed value into a typed one or fails with `JSON_FIELD_INVALID`, which names the field, the value and what is right. */
export type Decoder<Value> = (value: Json, field: string) => Value;

type Shape = Readonly<Record<string, Decoder<unknown>>>;

/** The typed value of a shape: every field may be absent. */
export type Decoded<Fields extends Shape> = { readonly [Name in keyof Fields]?: ReturnType<Fields[Name]> };

/**
 * An object with these fields. Names match without regard to case, as in Go; `aliases` are further spellings (lower case) that
 * exist. `null` counts as absent. A field that is not listed fails with `json: unknown field` unless `ignoreUnknown`.
 */
export function objectOf<Fields extends Shape>(
	fields: Fields,
	options: {
		readonly aliases?: Readonly<Record<string, keyof Fields & string>>;
		readonly ignoreUnknown?: boolean;
	} = {},
): Decoder<Decoded<Fields>> {
	const names = new Map<string, string>(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
	for (const [alias, name] of Object.entries(options.aliases ?? {})) names.set(alias, name);
	const schema: JsonSchema = {
		type: "object",
		properties: Object.fromEntries(Object.entries(fields).map(([name, decode]) => [name, schemaOf(decode)])),
		additionalProperties: options.ignoreUnknown === true,
	};
	return withSchema(schema, (value, field) => {
		if (!isObject(value)) throw wrongType(value, field, "an object");
		const decoded: Record<string, unknown> = {};
		for (const [given, member] of value) {
			const name = names.get(given.toLowerCase());
			const decode = name === undefined ? undefined : fields[name];
			if (name === undefined || decode === undefined) {
				if (options.ignoreUnknown === true) continue;
				throw new DiscoError("JSON_FIELD_INVALID", `json: unknown field ${JSON.stringify(given)}`);
			}
			if (member !== null) decoded[name] = decode(member, field === "" ? name : `${field}.${name}`);
		}
		return decoded as Decoded<Fields>;
	});
}

/** Text, as it stands. */
export const text: Decoder<string> = withSchema({ type: "string" }, (value, field) => {
	if (typeof value !== "string") throw wrongType(value, field, "text in quotes");
	return value;
});

export const boolean: Decoder<boolean> = withSchema({ type: "boolean" }, (value, field) => {
	if (typeof value !== "boolean") throw wrongType(value, field, "true or false");
	return value;
});

/** A whole number that a JavaScript number holds exactly. */
export const integer: Decoder<number> = withSchema({ type: "integer" }, (value, field) => {
	if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrongType(value, field, "a whole number");
	return value;
});

/** Any number. */
export const number: Decoder<number> = withSchema({ type: "number" }, (value, field) => {
	if (typeof value === "bigint") return Number(value);
	if (typeof value !== "number") throw wrongType(value, field, "a number");
	return value;
});

/** 0 to 2^64-1. */
export const unsigned64: Decoder<bigint> = withSchema({ type: "integer", minimum: 0 }, (value, field) => {
	const whole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
	if (!whole || BigInt(value) < 0n || BigInt(value) > 0xffff_ffff_ffff_ffffn) {
		throw wrongType(value, field, "a whole number from 0 to 2^64-1");
	}
	return BigInt(value);
});

/** A Go duration (`10s`) or a number of nanoseconds, in milliseconds. Empty text is 0. */
export const durationMs: Decoder<number> = withSchema(
	{
		type: ["string", "integer"],
		description: "a duration such as 10s, or nanoseconds",
	},
	(value, field) => {
		if (typeof value === "number" || typeof value === "bigint") return Number(value) / 1e6;
		if (typeof value !== "string") throw wrongType(value, field, "a duration such as 10s or a number of nanoseconds");
		const parsedMs = value === "" ? 0 : tryParseDurationMs(value);
		if (parsedMs === undefined) {
			throw new DiscoError(
				"JSON_FIELD_INVALID",
				`time: invalid duration ${JSON.stringify(value)} in ${field}; write it like 10s`,
			);
		}
		return parsedMs;
	},
);

export function listOf<Item>(item: Decoder<Item>): Decoder<readonly Item[]> {
	return withSchema({ type: "array", items: schemaOf(item) }, (value, field) => {
		if (!isList(value)) throw wrongType(value, field, "a list");
		return value.map((element, position) => item(element, `${field}[${position}]`));
	});
}

/** As `listOf`, but a single element may stand without the brackets. */
export function oneOrMany<Item>(item: Decoder<Item>): Decoder<readonly Item[]> {
	const many = listOf(item);
	return withSchema({ anyOf: [schemaOf(many), schemaOf(item)] }, (value, field) =>
		isList(value) ? many(value, field) : [item(value, field)],
	);
}

/** An object with any names, which keep their case. */
export function mapOf<Item>(item: Decoder<Item>): Decoder<Readonly<Record<string, Item>>> {
	return withSchema({ type: "object", additionalProperties: schemaOf(item) }, (value, field) => {
		if (!isObject(value)) throw wrongType(value, field, "an object");
		const decoded: Record<string, Item> = {};
		for (const [name, member] of value) {
			Object.defineProperty(decoded, name, {
				value: item(member, `${field}.${name}`),
				enumerable: true,
				configurable: true,
				writable: true,
			});
		}
		return decoded;
	});
}

/** Whatever it is. */
export const anything: Decoder<Json> = (value) => value;

/** Whether a parsed value is a JSON object. */
export function isObject(value: Json): value is ReadonlyMap<string, Json> {
	return value instanceof Map;
}

function isList(value: Json): value is readonly Json[] {
	return Array.isArray(value);
}

function wrongType(value: Json, field: string, right: string): DiscoError {
	const where = field === "" ? "the body" : `field ${field}`;
	return new DiscoError("JSON_FIELD_INVALID", `cannot take ${shown(value)} for ${where}: it must be ${right}`);
}

/** Short, for an error's text. */
function shown(value: Json): string {
	if (isList(value)) return "a list";
	if (typeof value === "object" && value !== null) return "an object";
	if (typeof value === "string") return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}...` : value);
	return String(value);
}
