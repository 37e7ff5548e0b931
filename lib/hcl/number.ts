import type { Cursor } from "./cursor.ts";
import type { ConfigNode } from "./node.ts";

/** Decimal, hexadecimal (`0x1f`), octal (`0600` is 384) and floating point numbers, each with an optional minus. */
export function takeNumber(cursor: Cursor): ConfigNode {
	const at = cursor.position();
	const text = cursor.take(/-?\d[\w.+]*(?:(?<=[eE])-\w*)?/y) ?? cursor.skip(1);
	const value = numberOf(text);
	if (value === undefined) throw cursor.fail(`${text} is not a number; a text stands in quotes`, at);
	return { kind: "number", value, text, at };
}

function numberOf(text: string): number | undefined {
	const negative = text.startsWith("-");
	const digits = negative ? text.slice(1) : text;
	let value: number;
	if (/^0[xX][0-9a-fA-F]+$/.test(digits)) value = Number.parseInt(digits.slice(2), 16);
	else if (/^0[0-7]+$/.test(digits)) value = Number.parseInt(digits, 8);
	else if (/^(?:0|[1-9]\d*)$/.test(digits) || /^\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(digits)) {
		if (/^0\d+$/.test(digits)) return undefined;
		value = Number(digits);
	} else return undefined;
	return negative ? -value : value;
}
