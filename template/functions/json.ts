import { compareUtf8 } from "../../lib/json/index.ts";
import {
	bytesOfText,
	type GoValue,
	goFloat,
	goFunc,
	kindOf,
	rawOf,
	Typed,
	typeOf,
	uint8Type,
} from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { elementsOf, entriesOf, fieldOf, numberOf, sliceTypeOf, structTypeOf, textOf, typeName } from "./values.ts";

/** JSON as Go's `encoding/json` reads and writes it. */
export const jsonFunctions: FunctionFamily = {
	parseJSON: goFunc("func(string) (any, error)", (text: string) => (text === "" ? new Map() : parseJson(text))),
	toJSON: goFunc("func(any) (string, error)", (value: GoValue) => named("toJSON", () => toJson(value))),
	toJSONPretty: goFunc("func(any) (string, error)", (value: GoValue) =>
		named("toJSONPretty", () => toJson(value, { indent: "  " })),
	),
	toUnescapedJSON: goFunc("func(any) (string, error)", (value: GoValue) =>
		named("toUnescapedJSON", () => toJson(value, { html: false })),
	),
	toUnescapedJSONPretty: goFunc("func(any) (string, error)", (value: GoValue) =>
		named("toUnescapedJSONPretty", () => toJson(value, { html: false, indent: "  " })),
	),
};

function named(name: string, convert: () => string): string {
	try {
		return convert();
	} catch (error) {
		throw new Error(`${name}: ${(error as Error).message}`);
	}
}

/** A document as template values; every number is a float64. Error: its text says what is wrong. */
export function parseJson(text: string): GoValue {
	return fromPlain(JSON.parse(text));
}

function fromPlain(value: unknown): GoValue {
	if (typeof value === "number") return goFloat(value);
	if (Array.isArray(value)) return value.map(fromPlain);
	if (typeof value === "object" && value !== null) {
		return new Map(Object.entries(value).map(([key, item]) => [key, fromPlain(item)]));
	}
	return value as string | boolean | null;
}

interface JsonStyle {
	/** Escape `<`, `>` and `&` (true unless false). */
	readonly html?: boolean;
	/** Per level; absent is one line. */
	readonly indent?: string;
}

/** A value as JSON, map keys sorted. Errors for what JSON has not: functions, channels, infinite numbers, maps of odd keys. */
export function toJson(value: GoValue, style: JsonStyle = {}, level = 0): string {
	if (value === undefined || value === null) return "null";
	if (value instanceof Typed && value.type.kind === "pointer" && value.raw === undefined) return "null";
	const own = value instanceof Typed ? value.type.methods.get("MarshalJSON") : undefined;
	if (own !== undefined) return String((own.call as (raw: unknown) => unknown)(rawOf(value)));
	const text = textOf(value);
	if (text !== undefined) return jsonString(text, style.html !== false);
	if (kindOf(value) === "bool") return String(value instanceof Typed ? value.raw : value);
	const number = numberOf(value);
	if (number !== undefined) return kindOf(value) === "float64" ? jsonFloat(Number(number)) : String(number);
	const slice = sliceTypeOf(value);
	if (slice?.elem === uint8Type) return `"${Buffer.from(rawBytes(value)).toString("base64")}"`;
	const elements = elementsOf(value);
	if (elements !== undefined) {
		if (value instanceof Typed && value.raw === undefined) return "null";
		return laidOut(
			"[",
			"]",
			elements.map((element) => toJson(element, style, level + 1)),
			style,
			level,
		);
	}
	return laidOut("{", "}", members(value, style, level), style, level);
}

function rawBytes(value: GoValue): Uint8Array {
	const raw = value instanceof Typed ? value.raw : value;
	return typeof raw === "string" ? bytesOfText(raw) : Uint8Array.from((raw ?? []) as number[]);
}

function members(value: GoValue, style: JsonStyle, level: number): string[] {
	const separator = style.indent === undefined ? ":" : ": ";
	const member = (name: string, item: GoValue) =>
		`${jsonString(name, style.html !== false)}${separator}${toJson(item, style, level + 1)}`;
	const struct = structTypeOf(value);
	if (struct !== undefined) return [...struct.fields.keys()].map((name) => member(name, fieldOf(value, name)));
	const type = typeOf(value);
	const entries = entriesOf(value);
	if (entries === undefined || type?.kind !== "map" || type.key.kind === "interface") {
		throw new Error(`json: unsupported type: ${typeName(value)}`);
	}
	return entries
		.map(([key, item]): [string, GoValue] => [String(numberOf(key) ?? textOf(key)), item])
		.sort(([a], [b]) => compareUtf8(a, b))
		.map(([key, item]) => member(key, item));
}

function laidOut(open: string, close: string, pieces: readonly string[], style: JsonStyle, level: number): string {
	if (style.indent === undefined || pieces.length === 0) return open + pieces.join(",") + close;
	const outer = `\n${style.indent.repeat(level)}`;
	return `${open}${outer}${style.indent}${pieces.join(`,${outer}${style.indent}`)}${outer}${close}`;
}

const jsonEscapes: Readonly<Record<string, string>> = {
	'"': '\\"',
	"\\": "\\\\",
	"\n": "\\n",
	"\r": "\\r",
	"\t": "\\t",
	"\b": "\\b",
	"\f": "\\f",
};

/** A text in quotes, as Go 1.22 and later escape it. */
export function jsonString(text: string, html = true): string {
	const escaped = text.replace(/["\\\u2028\u2029<>&]|\p{Cc}|\p{Surrogate}/gu, (character) => {
		const short = jsonEscapes[character];
		if (short !== undefined) return short;
		if (/[<>&]/.test(character) && !html) return character;
		if (character >= "\u007f" && character <= "\u009f") return character;
		// A byte that is not UTF-8 (see gotmpl/bytes.ts).
		if (/\p{Surrogate}/u.test(character)) return "\\ufffd";
		return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
	});
	return `"${escaped}"`;
}

/** Go's float64 in JSON: exponents below 1e-6 and from 1e21 on, without a zero before a one-digit exponent. */
function jsonFloat(value: number): string {
	if (!Number.isFinite(value)) throw new Error(`json: unsupported value: ${value}`);
	if (Object.is(value, -0)) return "-0";
	return String(value)
		.replace(/e([+-])(\d)$/, "e$10$2")
		.replace(/e-0(\d)$/, "e-0$1");
}
