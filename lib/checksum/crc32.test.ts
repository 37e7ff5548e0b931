import fc from "fast-check";
import { expect, it } from "vitest";
import { crc32, crc32FromTable } from "./crc32.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

it.each([
	{ text: "", crc: 0 },
	{ text: "123456789", crc: 0xcbf43926 },
	{ text: "a", crc: 0xe8b7be43 },
])("$text", ({ text, crc }) => {
	expect(crc32(bytes(text))).toBe(crc);
	expect(crc32FromTable(bytes(text))).toBe(crc);
});

it("is the same with and without zlib, in one piece and in two", () => {
	fc.assert(
		fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
			const whole = crc32(Uint8Array.from([...first, ...second]));
			expect(crc32(second, crc32(first))).toBe(whole);
			expect(crc32FromTable(second, crc32FromTable(first))).toBe(whole);
		}),
	);
});
