import { parseBool } from "../../lib/flags.ts";
import { goFunc } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";

const int64Range = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const uint64Range = [0n, 2n ** 64n - 1n] as const;

/** Texts to numbers and truths, as Go's `strconv`. `""` is the zero value, since it is what an unanswered `key` gives. */
export const parseFunctions: FunctionFamily = {
	parseBool: goFunc("func(string) (bool, error)", (text: string) => {
		const value = text === "" ? false : parseBool(text);
		if (value === undefined) throw syntax("parseBool", "ParseBool", text);
		return value;
	}),
	parseInt: goFunc("func(string) (int64, error)", (text: string) => parseInteger(text)),
	parseUint: goFunc("func(string) (uint64, error)", (text: string) => {
		if (text === "") return 0;
		if (!/^\d+$/.test(text)) throw syntax("parseUint", "ParseUint", text);
		return inRange("parseUint", "ParseUint", text, uint64Range);
	}),
	parseFloat: goFunc("func(string) (float64, error)", (text: string) => {
		if (text === "") return 0;
		const value = parseFloat64(text);
		if (value === undefined) throw syntax("parseFloat", "ParseFloat", text);
		return value;
	}),
};

/** Decimal, 64 bit; `""` is 0. The error's text is the reference's. */
export function parseInteger(text: string): number | bigint {
	if (text === "") return 0;
	if (!/^[+-]?\d+$/.test(text)) throw syntax("parseInt", "ParseInt", text);
	return inRange("parseInt", "ParseInt", text, int64Range);
}

/** What Go's `strconv.ParseFloat` takes, without hexadecimal and underscores; undefined for anything else. */
function parseFloat64(text: string): number | undefined {
	if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
	const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
	if (special === null) return undefined;
	if (special[2]?.toLowerCase() === "nan") return Number.NaN;
	return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function inRange(
	name: string,
	goName: string,
	text: string,
	[least, most]: readonly [bigint, bigint],
): number | bigint {
	const value = BigInt(text.replace(/^\+/, ""));
	if (value < least || value > most) {
		throw new Error(`${name}: strconv.${goName}: parsing "${text}": value out of range`);
	}
	return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function syntax(name: string, goName: string, text: string): Error {
	return new Error(`${name}: strconv.${goName}: parsing ${JSON.stringify(text)}: invalid syntax`);
}
