import { joinTexts } from "../bytes.ts";
import { isInteger } from "../types.ts";
import { type GoValue, kindOf, rawOf, typeText } from "../values.ts";
import { type Flags, newFlags, plainFlags } from "./flags.ts";
import { formatValue } from "./value.ts";

/** Widths, precisions and argument numbers beyond this are refused, as in Go. */
const numberMax = 1_000_000;

/** Go's `Sprintf`. It never fails: what is wrong with the format is part of the text. */
export function sprintf(format: string, values: readonly GoValue[]): string {
	const state: State = { format, values, at: 0, argument: 0, reordered: false, goodArgument: true };
	const parts: string[] = [];
	while (state.at < format.length) {
		const percent = format.indexOf("%", state.at);
		const end = percent === -1 ? format.length : percent;
		if (end > state.at) parts.push(format.slice(state.at, end));
		state.at = end + 1;
		if (percent !== -1) parts.push(formatDirective(state));
	}
	if (!state.reordered && state.argument < values.length) parts.push(extraArguments(values.slice(state.argument)));
	return joinTexts(parts);
}

type State = {
	readonly format: string;
	readonly values: readonly GoValue[];
	at: number;
	/** Index of the value that is used next. */
	argument: number;
	/** An explicit index was used, so unused values are no mistake. */
	reordered: boolean;
	/** The explicit index of this directive names a value. */
	goodArgument: boolean;
};

function extraArguments(values: readonly GoValue[]): string {
	const texts = values.map((value) =>
		value === undefined || value === null ? "<nil>" : `${typeText(value)}=${formatValue(value, "v", plainFlags)}`,
	);
	return `%!(EXTRA ${texts.join(", ")})`;
}

/** One directive; `state.at` is behind its `%`. */
function formatDirective(state: State): string {
	const { format, values } = state;
	const flags = newFlags();
	state.goodArgument = true;
	readFlags(state, flags);
	let afterIndex = readIndex(state);
	const complaints: string[] = [];
	if (format[state.at] === "*") {
		if (!takeWidth(state, flags)) complaints.push("%!(BADWIDTH)");
		afterIndex = false;
	} else {
		flags.width = readDigits(state);
		if (afterIndex && flags.width !== undefined) state.goodArgument = false;
	}
	if (format[state.at] === ".") {
		state.at++;
		if (afterIndex) state.goodArgument = false;
		afterIndex = readIndex(state);
		if (format[state.at] === "*") {
			if (!takePrecision(state, flags)) complaints.push("%!(BADPREC)");
			afterIndex = false;
		} else flags.precision = readDigits(state) ?? 0;
	}
	if (!afterIndex) readIndex(state);
	const verb = String.fromCodePoint(format.codePointAt(state.at) ?? 0);
	if (state.at >= format.length) return `${complaints.join("")}%!(NOVERB)`;
	state.at += verb.length;
	return complaints.join("") + formatArgument(state, verb, flags, values);
}

function formatArgument(state: State, verb: string, flags: Flags, values: readonly GoValue[]): string {
	if (verb === "%") return "%";
	if (!state.goodArgument) return `%!${verb}(BADINDEX)`;
	if (state.argument >= values.length) return `%!${verb}(MISSING)`;
	if (verb === "v") {
		flags.sharpV = flags.sharp;
		flags.sharp = false;
		flags.plusV = flags.plus;
		flags.plus = false;
	}
	return formatValue(values[state.argument++], verb, flags);
}

const flagNames: ReadonlyMap<string | undefined, "sharp" | "zero" | "plus" | "minus" | "space"> = new Map([
	["#", "sharp"],
	["0", "zero"],
	["+", "plus"],
	["-", "minus"],
	[" ", "space"],
]);

function readFlags(state: State, flags: Flags): void {
	for (; ; state.at++) {
		const name = flagNames.get(state.format[state.at]);
		if (name === undefined) return;
		flags[name] = true;
	}
}

/** `[3]`: whether there is a well-formed index. One that names no value spoils the directive. */
function readIndex(state: State): boolean {
	if (state.format[state.at] !== "[") return false;
	state.reordered = true;
	const close = state.format.indexOf("]", state.at);
	if (close === -1) {
		state.goodArgument = false;
		state.at++;
		return false;
	}
	const text = state.format.slice(state.at + 1, close);
	state.at = close + 1;
	const index = /^\d+$/.test(text) ? Number(text) : undefined;
	if (index !== undefined && index >= 1 && index <= state.values.length) {
		state.argument = index - 1;
		return true;
	}
	state.goodArgument = false;
	return index !== undefined && index <= numberMax;
}

function readDigits(state: State): number | undefined {
	const start = state.at;
	while (/^\d$/.test(state.format[state.at] ?? "")) state.at++;
	if (state.at === start) return undefined;
	const number = Number(state.format.slice(start, state.at));
	if (number <= numberMax) return number;
	state.at = state.format.length;
	return undefined;
}

/** `*`: the width is the next value. A negative one means `-`. */
function takeWidth(state: State, flags: Flags): boolean {
	const width = takeInteger(state);
	if (width === undefined) return false;
	flags.width = Math.abs(width);
	if (width < 0) {
		flags.minus = true;
		flags.zero = false;
	}
	return true;
}

/** `.*`: the precision is the next value. A negative one is none. */
function takePrecision(state: State, flags: Flags): boolean {
	const precision = takeInteger(state);
	if (precision === undefined || precision < 0) return false;
	flags.precision = precision;
	return true;
}

function takeInteger(state: State): number | undefined {
	state.at++;
	if (state.argument >= state.values.length) return undefined;
	const value = state.values[state.argument++];
	const kind = kindOf(value);
	if (kind === "invalid" || !isInteger(kind)) return undefined;
	const number = Number(rawOf(value));
	return Math.abs(number) <= numberMax ? number : undefined;
}
