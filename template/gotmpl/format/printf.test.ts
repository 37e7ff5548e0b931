import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GoValue, goFloat } from "../values.ts";
import { formatFloat } from "./float.ts";
import { sprintf } from "./printf.ts";
import { quote } from "./quote.ts";

/** Expected texts are those of Go 1.26. */
describe("sprintf", () => {
	it.each<[string, GoValue[], string]>([
		["%[3]*.[2]*[1]f|%6.[1]v|%[5]d|%[2]*d", [goFloat(12), 2, 6], " 12.00| 1e+01|%!d(BADINDEX)| 6"],
		[
			"%-010d|%+q|%#q|%x|% x|%#x|%# x",
			[5, "é", "a`b", "hé", "hé", "hé", "hé"],
			'5         |"\\u00e9"|"a`b"|68c3a9|68 c3 a9|0x68c3a9|0x68 0xc3 0xa9',
		],
		["%10.3x|%-10x|%010x", ["hello", "ab", "ab"], "    68656c|6162      |0000006162"],
		[
			"%6d|%-6d|%06d|%+06d|% 06d|%.3d|%6.3d|%-6.3d|%06.3d",
			[42, 42, 42, 42, 42, 42, 42, 42, 42],
			"    42|42    |000042|+00042| 00042|042|   042|042   |   042",
		],
		[
			"%U %#U %#.6U %8U %c %q",
			[233, 233, 128578, 65, 128578, 128578],
			"U+00E9 U+00E9 'é' U+01F642 '🙂'   U+0041 🙂 '🙂'",
		],
		["%-5c|%5c|%05c|%5q|%-5U|", [97, 98, 99, 100, 101], "a    |    b|0000c|  'd'|U+0065|"],
		["%w %!", [1], "%!w(int=1) %!!(MISSING)"],
		["%99999999d|", [1], "%!(NOVERB)%!(EXTRA int=1)"],
		["%é", [1], "%!é(int=1)"],
		["%*d|%-*d|%.*f", [4, 7, -4, 7, 1, 2.25], "   7|7   |2.2"],
		["%*d", ["x", 7], "%!(BADWIDTH)7"],
		["%d", [9007199254740993n], "9007199254740993"],
	])("%s", (format, values, expected) => {
		expect(sprintf(format, values)).toBe(expected);
	});

	it("never throws", () => {
		const format = fc.array(fc.constantFrom(..."%[]*.0123456789+-# vTdsqxXfeEgGtcUboOp!é"), { maxLength: 15 });
		const value = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.bigInt());
		fc.assert(
			fc.property(format, fc.array(value, { maxLength: 3 }), (characters, values) => {
				expect(typeof sprintf(characters.join("").replace(/\d{4,}/g, "9"), values)).toBe("string");
			}),
		);
	});
});

describe("formatFloat", () => {
	it.each([
		[0.1, "f", 30, "0.100000000000000005551115123126"],
		[2.5, "f", 0, "2"],
		[0.25, "f", 1, "0.2"],
		[0.5, "f", 0, "0"],
		[0.1, "g", 20, "0.10000000000000000555"],
		[0.1, "e", 25, "1.0000000000000000555111512e-01"],
		[99.99, "f", 1, "100.0"],
		[9.5, "e", 0, "1e+01"],
		[1e21, "f", undefined, "1000000000000000000000"],
		[123456, "g", 3, "1.23e+05"],
		[1.1, "x", undefined, "0x1.199999999999ap+00"],
		[1.1, "x", 3, "0x1.19ap+00"],
		[1.9, "x", 0, "0x1p+01"],
		[5e-324, "b", undefined, "1p-1074"],
		[-0, "g", undefined, "-0"],
	] as const)("%d %%%s precision %s", (value, verb, precision, expected) => {
		expect(formatFloat(value, verb, precision)).toBe(expected);
	});

	it("shortest forms read back as the same number", () => {
		fc.assert(
			fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
				for (const verb of ["e", "f", "g"] as const) expect(Number(formatFloat(value, verb, undefined))).toBe(value);
			}),
		);
	});
});

describe("quote", () => {
	it("gives a literal that stands for the text", () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				expect(quote(text, true)).toMatch(/^"[\x20-\x7e]*"$/);
			}),
		);
	});
});
