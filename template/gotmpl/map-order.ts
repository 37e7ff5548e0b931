import { compareTexts } from "./bytes.ts";
import { isInteger } from "./types.ts";
import { type GoValue, kindOf, rawOf, typeText } from "./values.ts";

/** Order between kinds of keys in a map with keys of any type: nil, truths, numbers, texts, the rest. */
const kindRanks = ["invalid", "bool", "integer", "float64", "string"] as const;

/**
 * Order in which Go prints and visits the entries of a map (internal/fmtsort): numbers by size with NaN first, texts by
 * bytes, false before true. Go leaves the order between keys of different kinds open.
 */
export function compareKeys(left: GoValue, right: GoValue): number {
	const leftRank = rank(left);
	const rightRank = rank(right);
	if (leftRank !== rightRank) return leftRank - rightRank;
	const a = rawOf(left);
	const b = rawOf(right);
	if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
	if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
	if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
	return compareTexts(typeText(left), typeText(right));
}

function rank(value: GoValue): number {
	const kind = kindOf(value);
	const group = kind !== "invalid" && isInteger(kind) ? "integer" : kind;
	const index = (kindRanks as readonly string[]).indexOf(group);
	return index === -1 ? kindRanks.length : index;
}

function isNumber(raw: unknown): raw is number | bigint {
	return typeof raw === "number" || typeof raw === "bigint";
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
	if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
	if (Number.isNaN(b)) return 1;
	return a < b ? -1 : a > b ? 1 : 0;
}
