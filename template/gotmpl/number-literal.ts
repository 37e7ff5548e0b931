import { quote } from "./format/quote.ts";
import { unquoteCharacter } from "./unquote.ts";
import { integer } from "./values.ts";

/** What a number in a template can be read as; it takes the first form that its use asks for. */
export type NumberForms = {
	/** As a signed 64-bit integer; bigint only where it must be one. */
	readonly int?: number | bigint;
	/** As an unsigned 64-bit integer. */
	readonly uint?: number | bigint;
	readonly float?: number;
	readonly complex?: readonly [real: number, imaginary: number];
};

const intMin = -(2n ** 63n);
const intMax = 2n ** 63n - 1n;
const uintMax = 2n ** 64n - 1n;

/** Reads a number or character literal, or says why it is none. */
export function readNumber(text: string): NumberForms | { readonly reason: string } {
	if (text.startsWith("'")) {
		const code = unquoteCharacter(text);
		return typeof code === "number" ? { int: code, uint: code, float: code } : code;
	}
	if (text.endsWith("i")) {
		const complex = readComplex(text);
		if (complex !== undefined) return { complex, ...(complex[1] === 0 ? formsOfFloat(complex[0]) : {}) };
	}
	const whole = readInteger(text);
	const int = whole !== undefined && whole >= intMin && whole <= intMax ? whole : undefined;
	const uint = whole !== undefined && !/^[+-]/.test(text) && whole <= uintMax ? whole : int === 0n ? 0n : undefined;
	const known = int ?? uint;
	if (known !== undefined) {
		return {
			...(int === undefined ? {} : { int: integer(int) }),
			...(uint === undefined ? {} : { uint: integer(uint) }),
			float: Number(known),
		};
	}
	const float = readFloat(text);
	if (float === undefined) return { reason: `illegal number syntax: ${quote(text)}` };
	if (!/[.eEpP]/.test(text)) return { reason: `integer overflow: ${quote(text)}` };
	return formsOfFloat(float);
}

/** A float with a whole value can be used as an integer too. */
function formsOfFloat(float: number): NumberForms {
	if (!Number.isInteger(float)) return { float };
	const whole = BigInt(float);
	return {
		float,
		...(whole >= intMin && whole <= intMax ? { int: integer(whole) } : {}),
		...(whole >= 0n && whole <= uintMax ? { uint: integer(whole) } : {}),
	};
}

/** An integer literal with any of Go's prefixes; a leading 0 means octal. */
function readInteger(text: string): bigint | undefined {
	const [, sign, body] = /^([+-]?)(.*)$/s.exec(text) ?? [];
	const digits = withoutUnderscores(body ?? "");
	if (digits === undefined || !/^(?:0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/.test(digits))
		return undefined;
	const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
	return sign === "-" ? -size : size;
}

/** A decimal or hexadecimal floating-point literal that fits a float64. */
function readFloat(text: string): number | undefined {
	const [, sign, body] = /^([+-]?)(.*)$/s.exec(text) ?? [];
	const digits = withoutUnderscores(body ?? "");
	if (digits === undefined) return undefined;
	const hex = /^0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/.exec(digits);
	let size: number;
	if (hex !== null) {
		const [, whole = "", fraction = "", exponent = ""] = hex;
		if (whole + fraction === "") return undefined;
		size = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
	} else {
		if (!/^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits)) return undefined;
		size = Number(digits);
	}
	if (!Number.isFinite(size)) return undefined;
	return sign === "-" ? -size : size;
}

/** `2i`, `1+2i`, `-1.5-0.5i` */
function readComplex(text: string): readonly [number, number] | undefined {
	const body = text.slice(0, -1);
	const alone = readFloat(body) ?? wholeFloat(body);
	if (alone !== undefined) return [0, alone];
	for (let at = body.length - 1; at > 0; at--) {
		const sign = body[at];
		if (sign !== "+" && sign !== "-") continue;
		const real = readFloat(body.slice(0, at));
		const imaginary = readFloat(body.slice(at));
		if (real !== undefined && imaginary !== undefined) return [real, imaginary];
	}
	return undefined;
}

function wholeFloat(text: string): number | undefined {
	const whole = readInteger(text);
	return whole === undefined ? undefined : Number(whole);
}

/** Underscores may stand between digits and after a prefix, nowhere else. */
function withoutUnderscores(digits: string): string | undefined {
	if (!digits.includes("_")) return digits;
	const misplaced = /^_|_$|__|_[^\da-fA-F]|[^\da-fA-FxXoObB]_/.test(digits);
	return misplaced ? undefined : digits.replaceAll("_", "");
}
