/** Go's `strconv.FormatFloat(value, 'g', -1, 64)`: exponents below 1e-4 and from 1e21 on, or from `largeFrom` digits. */
export function floatText(value: number, exponentFrom: number): string {
	if (Number.isNaN(value)) return "NaN";
	if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
	if (value === 0) return Object.is(value, -0) ? "-0" : "0";
	const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
	const exponent = Number(exponentText);
	if (exponent < -4 || exponent >= exponentFrom) {
		return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
	}
	return plainDecimal(value);
}

/** Without an exponent, however long. */
export function plainDecimal(value: number): string {
	const text = String(value);
	const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
	if (match === null) return text;
	const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
	const exponent = Number(exponentText);
	const digits = whole + fraction;
	const point = whole.length + exponent;
	if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
	return point >= digits.length
		? sign + digits.padEnd(point, "0")
		: `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
