import fc from "fast-check";
import { expect, it } from "vitest";
import { openAesGcm, sealAesGcm } from "./index.ts";

// NIST GCM test case 2 (AES-128, one block of zeros).
it("is the published one", () => {
	const options = { key: new Uint8Array(16), nonce: new Uint8Array(12), additionalData: new Uint8Array() };
	const sealed = sealAesGcm(new Uint8Array(16), options);
	expect(Buffer.from(sealed).toString("hex")).toBe("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
});

it("opens what it sealed, and nothing that was changed", () => {
	const sized = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
	const keys = fc.oneof(sized(16), sized(24), sized(32));
	fc.assert(
		fc.property(
			keys,
			sized(12),
			fc.uint8Array(),
			fc.uint8Array(),
			fc.nat(),
			(key, nonce, plaintext, additionalData, at) => {
				const options = { key, nonce, additionalData };
				const sealed = sealAesGcm(plaintext, options);
				expect(openAesGcm(sealed, options)).toEqual(plaintext);
				const changed = Uint8Array.from(sealed);
				changed[at % changed.length] = 1 ^ (changed[at % changed.length] ?? 0);
				expect(openAesGcm(changed, options)).toBeUndefined();
				expect(openAesGcm(sealed, { ...options, additionalData: Uint8Array.of(...additionalData, 0) })).toBeUndefined();
				expect(openAesGcm(sealed.subarray(0, 15), options)).toBeUndefined();
			},
		),
	);
});
