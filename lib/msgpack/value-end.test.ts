import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	constant,
	decode,
	encode,
	mapOf,
	Reader,
	recordOf,
	string,
	struct,
	u8,
	u64Clamped,
	ValueEnd,
} from "./index.ts";

const vectors = JSON.parse(
	readFileSync(new URL("../../test/vectors/msgpack-vectors.json", import.meta.url), "utf8"),
) as { readonly decode: readonly { readonly case: string; readonly hex: string }[] };
const truncated = expect.objectContaining({ code: "MSGPACK_TRUNCATED" });
const invalid = expect.objectContaining({ code: "MSGPACK_INVALID" });

/** Where `Reader.skip` ends, or the code with which it fails. */
function skipped(bytes: Uint8Array): number | string {
	const reader = new Reader(bytes);
	try {
		reader.skip();
		return reader.offset;
	} catch (error) {
		return (error as { code: string }).code;
	}
}

function found(bytes: Uint8Array): number | string {
	try {
		return new ValueEnd().find(bytes);
	} catch (error) {
		return (error as { code: string }).code;
	}
}

describe("the end of a value", () => {
	it.each(vectors.decode)("$case: as the reader that passes over it", ({ hex }) => {
		const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
		expect(found(bytes)).toBe(skipped(bytes));
	});

	it("is found in whatever pieces the value comes, never before it", () => {
		const value = {
			a: [1, -5, 70_000, 2 ** 40, 0.5, null, true],
			ü: "x".repeat(300),
			m: new Map([["k", "v".repeat(40)]]),
		};
		const codec = struct({
			a: { zero: null, read: (reader: Reader) => reader.skip(), write: (writer) => writer.append(encode(u8, 7)) },
			ü: string,
			m: mapOf(string),
		});
		const bytes = encode(codec, { ...value, a: undefined });
		fc.assert(
			fc.property(fc.array(fc.nat(bytes.length - 1)), (cuts) => {
				const end = new ValueEnd();
				for (const cut of cuts.sort((a, b) => a - b)) expect(() => end.find(bytes.subarray(0, cut))).toThrow(truncated);
				expect(end.find(Buffer.concat([bytes, Buffer.of(1, 2)]))).toBe(bytes.length);
			}),
		);
	});

	it("is never a value of any bytes that the reader does not take", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
				const there = skipped(bytes);
				// The reader compares counts with what is left at once, the other when it comes to it: both want more, or refuse.
				if (typeof there === "number") expect(found(bytes)).toBe(there);
				else expect(typeof found(bytes)).toBe("string");
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is not looked for below any depth", () => {
		expect(() => new ValueEnd().find(new Uint8Array(100).fill(0x91))).toThrow(invalid);
	});
});

describe("codecs", () => {
	it("recordOf: an object, names that objects have themselves included", () => {
		const codec = recordOf(u8);
		const value = Object.fromEntries([
			["b", 1],
			["__proto__", 2],
			["1", 3],
		]);
		const back = decode(codec, encode(codec, value));
		expect(Object.entries(back ?? {}).sort()).toEqual(Object.entries(value).sort());
		expect(decode(codec, encode(codec, null))).toBeNull();
	});

	it("constant: writes its bytes and passes over any value", () => {
		const codec = struct({ A: constant(encode(string, "always")), B: u8 });
		const bytes = encode(codec, { A: null, B: 2 });
		expect(decode(struct({ A: string, B: u8 }), bytes)).toEqual({ A: "always", B: 2 });
		expect(decode(codec, encode(struct({ A: mapOf(u8), B: u8 }), { A: new Map([["x", 1]]), B: 2 }))).toEqual({
			A: null,
			B: 2,
		});
	});

	it("u64Clamped: what is beyond 2^53 counts as that", () => {
		expect(decode(u64Clamped, Uint8Array.of(0xcf, 255, 255, 255, 255, 255, 255, 255, 255))).toBe(
			Number.MAX_SAFE_INTEGER,
		);
		expect(decode(u64Clamped, encode(u64Clamped, 2 ** 60))).toBe(Number.MAX_SAFE_INTEGER);
		expect(decode(u64Clamped, encode(u64Clamped, 300))).toBe(300);
	});
});
