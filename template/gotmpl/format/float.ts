/** Ways to write a float: Go's `%e %f %g %b %x`, before flags and width. */
export type FloatVerb = "e" | "f" | "g" | "b" | "x";

/**
 * A float64 as Go's strconv writes it. `precision` undefined means as few digits as identify the number.
 *
 * Rounding is half to even on the exact value, unlike `toFixed`, so the digits come from big integers.
 */
export function formatFloat(value: number, verb: FloatVerb, precision: number | undefined): string {
	if (Number.isNaN(value)) return "NaN";
	if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
	const sign = value < 0 || Object.is(value, -0) ? "-" : "";
	const size = Math.abs(value);
	if (verb === "b") return sign + formatBinary(size);
	if (verb === "x") return sign + formatHex(size, precision);
	return sign + formatDecimal(size, verb, precision);
}

/** A number 0.DIGITS * 10^point; no trailing zeros, and no digits at all for 0. */
type Decimal = { readonly digits: string; readonly point: number };

function formatDecimal(size: number, verb: "e" | "f" | "g", precision: number | undefined): string {
	if (precision === undefined) {
		const decimal = shortest(size);
		const count = decimal.digits.length;
		if (verb === "f") return fixed(decimal, Math.max(count - decimal.point, 0));
		if (verb === "e") return exponential(decimal, Math.max(count - 1, 0));
		// strconv: the shortest form chooses between the two as precision 6 would.
		const exponent = decimal.point - 1;
		if (count > 0 && (exponent < -4 || exponent >= 6)) return exponential(decimal, count - 1);
		return fixed(decimal, Math.max(count - decimal.point, 0));
	}
	const all = exact(size);
	if (verb === "f") return fixed(rounded(all, all.point + precision), precision);
	if (verb === "e") return exponential(rounded(all, precision + 1), precision);
	const wanted = precision === 0 ? 1 : precision;
	const decimal = rounded(all, wanted);
	const count = decimal.digits.length;
	const limit = wanted > count && count >= decimal.point ? count : wanted;
	const exponent = decimal.point - 1;
	if (count > 0 && (exponent < -4 || exponent >= limit)) return exponential(decimal, Math.min(wanted, count) - 1);
	return fixed(decimal, Math.max(count - decimal.point, 0));
}

function fixed(decimal: Decimal, fraction: number): string {
	const { digits, point } = decimal;
	const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
	if (fraction === 0) return whole;
	const after = point > 0 ? digits.slice(point) : "0".repeat(-point) + digits;
	return `${whole}.${after.slice(0, fraction).padEnd(fraction, "0")}`;
}

function exponential(decimal: Decimal, fraction: number): string {
	const { digits, point } = decimal;
	const after = fraction > 0 ? `.${digits.slice(1).padEnd(fraction, "0")}` : "";
	return `${digits[0] ?? "0"}${after}e${formatExponent(digits === "" ? 0 : point - 1)}`;
}

function formatExponent(exponent: number): string {
	return `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** ECMAScript's Number::toString gives the shortest digits that identify the number, as Go's does. */
function shortest(size: number): Decimal {
	if (size === 0) return { digits: "", point: 0 };
	const [mantissa = "", exponent = "0"] = size.toExponential().split("e");
	return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** All decimal digits of the number, of which every float64 has finitely many. */
function exact(size: number): Decimal {
	const { mantissa, exponent } = parts(size);
	if (mantissa === 0n) return { digits: "", point: 0 };
	const all = exponent >= 0 ? String(mantissa << BigInt(exponent)) : String(mantissa * 5n ** BigInt(-exponent));
	return { digits: trimZeros(all), point: exponent >= 0 ? all.length : all.length + exponent };
}

/** The first `count` digits, rounded half to even. */
function rounded(decimal: Decimal, count: number): Decimal {
	const { digits, point } = decimal;
	if (count >= digits.length) return decimal;
	if (count < 0) return { digits: "", point: 0 };
	const kept = digits.slice(0, count);
	const rest = digits.slice(count);
	const up = rest > "5" || (rest === "5" && Number(kept.at(-1) ?? "0") % 2 === 1);
	if (!up) return { digits: trimZeros(kept), point: trimZeros(kept) === "" ? 0 : point };
	const next = String(BigInt(kept === "" ? "0" : kept) + 1n).padStart(count, "0");
	return { digits: trimZeros(next), point: point + (next.length - count) };
}

function trimZeros(digits: string): string {
	let end = digits.length;
	while (digits[end - 1] === "0") end--;
	return digits.slice(0, end);
}

/** The number as mantissa * 2^exponent with a mantissa below 2^53 (IEEE 754, binary64). */
function parts(size: number): { readonly mantissa: bigint; readonly exponent: number } {
	const view = new DataView(new ArrayBuffer(8));
	view.setFloat64(0, size);
	const bits = view.getBigUint64(0);
	const exponent = Number(bits >> 52n);
	const fraction = bits & ((1n << 52n) - 1n);
	if (exponent === 0) return { mantissa: fraction, exponent: -1074 };
	return { mantissa: fraction | (1n << 52n), exponent: exponent - 1075 };
}

/** `7318349394477056p-51` */
function formatBinary(size: number): string {
	const { mantissa, exponent } = parts(size);
	return `${mantissa}p${exponent < 0 ? "" : "+"}${exponent}`;
}

/** `0x1.ap+01` */
function formatHex(size: number, precision: number | undefined): string {
	let { mantissa, exponent } = parts(size);
	if (mantissa === 0n) return `0x0${precision === undefined || precision === 0 ? "" : `.${"0".repeat(precision)}`}p+00`;
	while (mantissa < 1n << 52n) {
		mantissa <<= 1n;
		exponent--;
	}
	// Thirteen hex digits follow the leading 1.
	if (precision !== undefined && precision < 13) {
		const dropped = BigInt(4 * (13 - precision));
		const half = 1n << (dropped - 1n);
		const rest = mantissa & ((1n << dropped) - 1n);
		mantissa >>= dropped;
		if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa++;
		mantissa <<= dropped;
		if (mantissa >= 1n << 53n) {
			mantissa >>= 1n;
			exponent++;
		}
	}
	const digits = mantissa.toString(16).slice(1);
	const fraction = precision === undefined ? trimZeros(digits) : digits.slice(0, precision).padEnd(precision, "0");
	return `0x1${fraction === "" ? "" : `.${fraction}`}p${formatExponent(exponent + 52)}`;
}
