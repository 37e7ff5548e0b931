import { createCipheriv, createDecipheriv, generateKeyPairSync, randomBytes } from "node:crypto";
import { bytesOfText, goFunc, textOfBytes } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";

/** Made of what Node's own cryptography has; the rest says so when it is called. */
export const sprigCryptoFunctions: FunctionFamily = {
	encryptAES: goFunc("func(string, string) (string, error)", (password: string, text: string) => {
		const iv = randomBytes(16);
		const cipher = createCipheriv("aes-256-cbc", aesKey(password), iv);
		return Buffer.concat([iv, cipher.update(bytesOfText(text)), cipher.final()]).toString("base64");
	}),
	decryptAES: goFunc("func(string, string) (string, error)", (password: string, text: string) => {
		const bytes = Buffer.from(text, "base64");
		const cipher = createDecipheriv("aes-256-cbc", aesKey(password), bytes.subarray(0, 16));
		return textOfBytes(Buffer.concat([cipher.update(bytes.subarray(16)), cipher.final()]));
	}),
	genPrivateKey: goFunc("func(string) string", (kind: string) => {
		switch (kind) {
			case "":
			case "rsa":
				return generateKeyPairSync("rsa", {
					modulusLength: 4096,
					privateKeyEncoding: { type: "pkcs1", format: "pem" },
					publicKeyEncoding: { type: "pkcs1", format: "pem" },
				}).privateKey;
			case "ecdsa":
				return generateKeyPairSync("ec", {
					namedCurve: "P-256",
					privateKeyEncoding: { type: "sec1", format: "pem" },
					publicKeyEncoding: { type: "spki", format: "pem" },
				}).privateKey;
			case "ed25519":
				return generateKeyPairSync("ed25519", {
					privateKeyEncoding: { type: "pkcs8", format: "pem" },
					publicKeyEncoding: { type: "spki", format: "pem" },
				}).privateKey;
			default:
				return `Unknown type ${kind}`;
		}
	}),
	...unsupported(
		"bcrypt",
		"htpasswd",
		"derivePassword",
		"buildCustomCert",
		"genCA",
		"genCAWithKey",
		"genSelfSignedCert",
		"genSelfSignedCertWithKey",
		"genSignedCert",
		"genSignedCertWithKey",
	),
};

/** sprig cuts or pads the password to the key's length. */
function aesKey(password: string): Uint8Array {
	const key = new Uint8Array(32);
	key.set(bytesOfText(password).subarray(0, 32));
	return key;
}

/** A template that names one of these parses, as in the reference, and fails with the reason when it calls it. */
function unsupported(...names: readonly string[]): FunctionFamily {
	return Object.fromEntries(
		names.map((name) => [
			name,
			goFunc("func(...any) (any, error)", () => {
				throw new Error(`sprig_${name} is not supported by disco-template; make it outside and read it with file`);
			}),
		]),
	);
}
