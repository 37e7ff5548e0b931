import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quote } from "./format/quote.ts";
import { readNumber } from "./number-literal.ts";
import { unquote } from "./unquote.ts";

/** Any well-formed text; fast-check's own `unit: "binary"` takes seconds to set up. */
const text = fc
	.array(
		fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
		{ maxLength: 12 },
	)
	.map((codes) => String.fromCodePoint(...codes));

describe("unquote", () => {
	it("is the inverse of quote", () => {
		fc.assert(
			fc.property(text, fc.boolean(), (value, ascii) => {
				expect(unquote(quote(value, ascii))).toBe(value);
			}),
		);
	});

	it.each(['"\\q"', '"\\1"', '"\\u12"', '"\\ud800"', '"\\U00110000"', '"\\400"', '"\\\'"'])("refuses %s", (literal) => {
		expect(unquote(literal)).toBeUndefined();
	});
});

describe("readNumber", () => {
	it.each([
		["1_000", { int: 1000, uint: 1000, float: 1000 }],
		["-0x1F", { int: -31, float: -31 }],
		["017", { int: 15, uint: 15, float: 15 }],
		["18446744073709551615", { uint: 2n ** 64n - 1n, float: 2 ** 64 }],
		["1.5", { float: 1.5 }],
		["0x1p4", { float: 16, int: 16, uint: 16 }],
		["2i", { complex: [0, 2] }],
		["-1.5-2i", { complex: [-1.5, -2] }],
		["'\\xff'", { int: 255, uint: 255, float: 255 }],
		["1__0", { reason: 'illegal number syntax: "1__0"' }],
		["1_", { reason: 'illegal number syntax: "1_"' }],
		["08", { reason: 'integer overflow: "08"' }],
		["1e400", { reason: 'illegal number syntax: "1e400"' }],
		["'ab'", { reason: "malformed character constant: 'ab'" }],
	])("%s", (text, forms) => {
		expect(readNumber(text)).toEqual(forms);
	});
});
