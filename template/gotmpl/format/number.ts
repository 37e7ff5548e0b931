import { type Flags, pad } from "./flags.ts";
import { type FloatVerb, formatFloat } from "./float.ts";
import { isPrintable, runeText } from "./quote.ts";

const prefixes: Readonly<Record<string, string>> = { b: "0b", o: "0", x: "0x", X: "0X" };
const radixes: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, v: 10, x: 16, X: 16 };

/** An integer under `%d %b %o %O %x %X`. A precision, or a width with `0`, gives leading zeros before the sign is put. */
export function formatInteger(value: number | bigint, verb: string, flags: Readonly<Flags>): string {
	const negative = value < 0;
	if (flags.precision === 0 && (value === 0 || value === 0n)) return pad("", flags, false);
	let digits = (negative ? -value : value).toString(radixes[verb] ?? 10);
	if (verb === "X") digits = digits.toUpperCase();
	digits = digits.padStart(leastDigits(negative, flags), "0");
	if (flags.sharp && !(verb === "o" && digits.startsWith("0"))) digits = (prefixes[verb] ?? "") + digits;
	if (verb === "O") digits = `0o${digits}`;
	const sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
	return pad(sign + digits, flags, false);
}

function leastDigits(negative: boolean, flags: Readonly<Flags>): number {
	if (flags.precision !== undefined) return flags.precision;
	if (!flags.zero || flags.minus || flags.width === undefined) return 0;
	return negative || flags.plus || flags.space ? flags.width - 1 : flags.width;
}

/** `%U`: `U+00E9`, with `#` followed by the character. A negative number counts as its unsigned 64 bits. */
export function formatUnicode(value: number | bigint, flags: Readonly<Flags>): string {
	const code = value < 0 ? BigInt.asUintN(64, BigInt(value)) : value;
	const digits = code
		.toString(16)
		.toUpperCase()
		.padStart(Math.max(4, flags.precision ?? 4), "0");
	const character = flags.sharp && code <= 0x10ffff ? runeText(code) : "";
	return pad(`U+${digits}${character !== "" && isPrintable(character) ? ` '${character}'` : ""}`, flags, false);
}

/** A float under one of its verbs; without a precision `e` and `f` have six decimals, the others as many as needed. */
export function formatFloatVerb(value: number, verb: string, flags: Readonly<Flags>): string {
	const form = (verb === "v" ? "g" : verb.toLowerCase()) as FloatVerb;
	const precision = flags.precision ?? (form === "e" || form === "f" ? 6 : undefined);
	let text = formatFloat(value, form, precision);
	if (verb === "G" || verb === "E" || verb === "X") text = text.toUpperCase();
	if (!text.startsWith("-") && !text.startsWith("+")) text = `+${text}`;
	if (flags.space && text.startsWith("+") && !flags.plus) text = ` ${text.slice(1)}`;
	if (!Number.isFinite(value)) {
		return pad(Number.isNaN(value) && !flags.space && !flags.plus ? text.slice(1) : notANumber(text), flags, false);
	}
	if (flags.sharp && verb !== "b") text = withPoint(text, verb, flags.precision);
	if (!flags.plus && text.startsWith("+")) return pad(text.slice(1), flags);
	// Zeros go between the sign and the digits.
	if (flags.zero && !flags.minus && flags.width !== undefined) {
		return text.slice(0, 1) + text.slice(1).padStart(flags.width - 1, "0");
	}
	return pad(text, flags);
}

/** Upper case verbs do not change `+Inf` and `NaN`. */
function notANumber(text: string): string {
	return text.replace("INF", "Inf").replace("NAN", "NaN");
}

/** `#`: always a decimal point, and `%g` keeps its zeros up to the precision (6 when there is none). */
function withPoint(text: string, verb: string, precision: number | undefined): string {
	const hex = verb === "x" || verb === "X";
	const [, number = "", exponent = ""] = (hex ? /^([^pP]*)(.*)$/ : /^([^eE]*)(.*)$/).exec(text) ?? [];
	let missing = "vgGx".includes(verb) ? (precision ?? 6) : 0;
	const body = number.slice(1);
	const significant = body.replace(".", "").replace(/^0+/, "");
	missing -= significant.length;
	let pointed = number;
	if (!number.includes(".")) {
		if (body === "0") missing--;
		pointed += ".";
	}
	return pointed + "0".repeat(Math.max(missing, 0)) + exponent;
}

/** A complex number: `(1+2i)`. */
export function formatComplex(value: readonly [number, number], verb: string, flags: Readonly<Flags>): string {
	const real = formatFloatVerb(value[0], verb, flags);
	return `(${real}${formatFloatVerb(value[1], verb, { ...flags, plus: true })}i)`;
}
