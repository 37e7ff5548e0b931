import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteAt, byteLength, bytesOfText, compareTexts, joinTexts, sliceBytes, textOfBytes } from "./bytes.ts";

const bytes = fc.uint8Array({ maxLength: 12 });
/** Any well-formed text; fast-check's own `unit: "binary"` takes seconds to set up. */
const text = fc
	.array(
		fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
		{ maxLength: 12 },
	)
	.map((codes) => String.fromCodePoint(...codes));

describe("texts as bytes", () => {
	it("agree with UTF-8 on text that is well-formed", () => {
		fc.assert(
			fc.property(text, (value) => {
				expect(bytesOfText(value)).toEqual(new Uint8Array(Buffer.from(value)));
				expect(byteLength(value)).toBe(Buffer.byteLength(value));
				expect(textOfBytes(bytesOfText(value))).toBe(value);
			}),
		);
	});

	it("keep all bytes", () => {
		fc.assert(
			fc.property(bytes, (value) => {
				expect(bytesOfText(textOfBytes(value))).toEqual(value);
			}),
		);
	});

	it("can be cut anywhere and joined again", () => {
		fc.assert(
			fc.property(text, fc.nat(20), (value, at) => {
				const cut = Math.min(at, byteLength(value));
				const halves = [sliceBytes(value, 0, cut), sliceBytes(value, cut, byteLength(value))];
				expect(joinTexts(halves)).toBe(value);
				if (cut < byteLength(value)) expect(byteAt(value, cut)).toBe(bytesOfText(value)[cut]);
			}),
		);
	});

	it("are ordered by bytes", () => {
		fc.assert(
			fc.property(bytes, bytes, (a, b) => {
				expect(Math.sign(compareTexts(textOfBytes(a), textOfBytes(b)))).toBe(Buffer.compare(a, b));
			}),
		);
	});
});
