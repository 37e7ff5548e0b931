import { tryParseDurationMs } from "../duration.ts";
import { DiscoError } from "../errors.ts";
import { parseBool } from "../flags.ts";
import { nearest } from "../nearest.ts";
import { configError } from "./cursor.ts";
import { type ConfigEntry, type ConfigNode, type ConfigObject, plainValue } from "./node.ts";

/**
 * How the values of one key become a typed value. A decoder gets every entry with that key (blocks may be repeated), at least
 * one of them, and the key's path for messages.
 */
export interface Field<T> {
	readonly decode: (entries: readonly ConfigEntry[], path: string) => T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a table of fields gives; keys that the file does not have are absent. */
export type Decoded<Schema extends Fields> = {
	readonly [Key in keyof Schema]?: Schema[Key] extends Field<infer T> ? T : never;
};

/**
 * Reads an object by a table of its keys (matched without regard to case, as the reference does). JSON's `null` counts as
 * absent.
 *
 * Errors: `CONFIG_KEY_UNKNOWN`, which names the key that was likely meant or the known ones, and `CONFIG_VALUE_INVALID`; both start with the place.
 * `path` names the object in them (`consul.retry`); empty for a whole file.
 */
export function decodeObject<const Schema extends Fields>(
	object: ConfigObject,
	schema: Schema,
	path = "",
): Decoded<Schema> {
	const known = new Map(Object.keys(schema).map((key) => [key.toLowerCase(), key]));
	const gathered = new Map<string, ConfigEntry[]>();
	for (const entry of object.entries) {
		const key = known.get(entry.key.toLowerCase());
		if (key === undefined) throw unknownKey(entry, path, Object.keys(schema));
		if (entry.value.kind === "null") continue;
		gathered.set(key, [...(gathered.get(key) ?? []), entry]);
	}
	const values: Record<string, unknown> = {};
	for (const [key, entries] of gathered) {
		values[key] = schema[key]?.decode(entries, path === "" ? key : `${path}.${key}`);
	}
	return values as Decoded<Schema>;
}

/** A text; numbers are taken too, as written, and booleans as `1` and `0` (as the reference's decoder does). */
const text: Field<string> = one((node, path) => {
	if (node.kind === "string") return node.value;
	if (node.kind === "number") return node.text;
	if (node.kind === "bool") return node.value ? "1" : "0";
	throw wrong(node, path, "a text");
});

/** `true`, `false`, and what stands for them in texts and numbers. */
const bool: Field<boolean> = one((node, path) => {
	if (node.kind === "bool") return node.value;
	if (node.kind === "number") return node.value !== 0;
	const parsed = node.kind === "string" ? (node.value === "" ? false : parseBool(node.value)) : undefined;
	if (parsed === undefined) throw wrong(node, path, "true or false");
	return parsed;
});

/** Any number, also in quotes. */
const number: Field<number> = one((node, path) => {
	if (node.kind === "number") return node.value;
	const parsed = node.kind === "string" && node.value.trim() !== "" ? Number(node.value) : Number.NaN;
	if (!Number.isFinite(parsed)) throw wrong(node, path, "a number");
	return parsed;
});

/** A whole number, also in quotes. */
const int: Field<number> = one((node, path) => {
	const value = number.decode([{ key: "", at: node.at, value: node }], path);
	if (!Number.isSafeInteger(value)) throw wrong(node, path, "a whole number");
	return value;
});

/** A duration in Go's syntax (`10s`) as milliseconds. A number has no unit, so only 0 is taken. */
const durationMs: Field<number> = one((node, path) => {
	const parsed =
		node.kind === "string"
			? tryParseDurationMs(node.value)
			: node.kind === "number" && node.value === 0
				? 0
				: undefined;
	if (parsed === undefined) throw wrong(node, path, 'a duration such as "10s" or "1m30s"');
	return parsed;
});

/** A list of texts; a single one stands for a list of one. The last entry counts. */
const texts: Field<readonly string[]> = one((node, path) => {
	const items = node.kind === "list" ? node.items : [node];
	return items.map((item) => text.decode([{ key: "", at: item.at, value: item }], path));
});

/** `key = { a = "x" }` or a block; repeated ones are merged, the last value of a name wins. */
const textMap: Field<Readonly<Record<string, string>>> = {
	decode(entries, path) {
		const map: Record<string, string> = Object.create(null);
		for (const { key, at, value } of objectsOf(entries, path).flatMap((object) => object.entries)) {
			map[key] = text.decode([{ key, at, value }], `${path}.${key}`);
		}
		return map;
	},
};

/** Anything, as plain data (`plainValue`); repeated blocks as a list. */
const any: Field<unknown> = {
	decode: (entries) =>
		entries.length > 1 && entries.every(({ value }) => value.kind === "object")
			? entries.map(({ value }) => plainValue(value))
			: plainValue((entries.at(-1) as ConfigEntry).value),
};

/**
 * A block, or `key = { }`. Of repeated ones the last counts (as in consul-template), or with `repeated: "merge"` their keys are
 * taken together.
 */
function object<const Schema extends Fields>(
	schema: Schema,
	options: { readonly repeated?: "last" | "merge" } = {},
): Field<Decoded<Schema>> {
	return {
		decode(entries, path) {
			const objects = objectsOf(entries, path);
			const last = objects.at(-1);
			if (last === undefined) return {} as Decoded<Schema>;
			const whole = options.repeated === "merge" ? objects.flatMap((each) => each.entries) : last.entries;
			return decodeObject({ kind: "object", entries: whole, at: last.at }, schema, path);
		},
	};
}

/** Any number of blocks, or a list of objects, in the file's order. */
function blocks<const Schema extends Fields>(schema: Schema): Field<readonly Decoded<Schema>[]> {
	return { decode: (entries, path) => objectsOf(entries, path).map((each) => decodeObject(each, schema, path)) };
}

/** Blocks with one label (`service "web" { }`), as pairs of label and content. */
function labelled<const Schema extends Fields>(
	schema: Schema,
): Field<readonly { readonly label: string; readonly content: Decoded<Schema> }[]> {
	return {
		decode: (entries, path) =>
			objectsOf(entries, path)
				.flatMap((each) => each.entries)
				.map((entry) => ({
					label: entry.key,
					content: object(schema).decode([entry], `${path}.${entry.key}`),
				})),
	};
}

/** A text that `parse` turns into what it means; `undefined` from it is the error "is not WANTED". */
function parsed<T>(parse: (text: string) => T | undefined, wanted: string): Field<T> {
	return one((node, path) => {
		const value = node.kind === "list" || node.kind === "object" ? undefined : parse(String(plainValue(node) ?? ""));
		if (value === undefined) throw wrong(node, path, wanted);
		return value;
	});
}

/** A decoder of the last value's node, for what the others cannot say. Throw `invalidValue` when it does not fit. */
function custom<T>(decode: (node: ConfigNode, path: string) => T): Field<T> {
	return one(decode);
}

/** Decoders by the kind of value. */
export const field = {
	any,
	blocks,
	bool,
	custom,
	durationMs,
	int,
	labelled,
	number,
	object,
	parsed,
	text,
	textMap,
	texts,
};

/** Error `CONFIG_VALUE_INVALID`: the place, the key's path, what was found, and what would be right. */
export function invalidValue(node: ConfigNode, path: string, wanted: string): DiscoError {
	return wrong(node, path, wanted);
}

/** Only the last of several entries counts. */
function one<T>(decode: (node: ConfigNode, path: string) => T): Field<T> {
	return { decode: (entries, path) => decode((entries.at(-1) as ConfigEntry).value, path) };
}

/** The objects of blocks and of lists of objects, in order. */
function objectsOf(entries: readonly ConfigEntry[], path: string): ConfigObject[] {
	return entries
		.flatMap(({ value }) => (value.kind === "list" ? value.items : [value]))
		.map((node) => {
			if (node.kind !== "object") throw wrong(node, path, `a block, as in ${path.split(".").at(-1)} { ... }`);
			return node;
		});
}

function wrong(node: ConfigNode, path: string, wanted: string): DiscoError {
	return configError("CONFIG_VALUE_INVALID", node.at, `${path}: ${shown(node)} is not ${wanted}`);
}

function shown(node: ConfigNode): string {
	switch (node.kind) {
		case "list":
			return "a list";
		case "object":
			return "an object";
		case "null":
			return "null";
		case "number":
			return node.text;
		case "string":
		case "bool": {
			const written = JSON.stringify(node.value);
			return written.length > 60 ? `${written.slice(0, 57)}..."` : written;
		}
	}
}

/** More names than this are no help in one line. */
const namesMax = 30;

function unknownKey(entry: ConfigEntry, path: string, known: readonly string[]): DiscoError {
	const place = path === "" ? "" : ` in ${path}`;
	const meant = nearest(entry.key.toLowerCase(), known);
	const list = known.length > namesMax ? "" : `; known are ${[...known].sort().join(", ")}`;
	const advice =
		meant === undefined
			? list || "; remove it, or see the documentation's list of keys"
			: ` (did you mean ${meant}?)${list}`;
	return configError("CONFIG_KEY_UNKNOWN", entry.at, `unknown key "${entry.key}"${place}${advice}`);
}

/** Whether `thrown` is an error of a configuration file (its text, a key or a value). */
export function isConfigError(thrown: unknown): thrown is DiscoError {
	return thrown instanceof DiscoError && thrown.code.startsWith("CONFIG_");
}
