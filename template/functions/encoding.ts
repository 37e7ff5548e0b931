import { createHash, createHmac } from "node:crypto";
import { bytesOfText, goFunc, textOfBytes } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";

/** Base64 and checksums over the bytes of a text. */
export const encodingFunctions: FunctionFamily = {
	base64Encode: goFunc("func(string) (string, error)", (text: string) => base64(text)),
	base64Decode: goFunc("func(string) (string, error)", (text: string) => decode("base64Decode", standard, text)),
	base64URLEncode: goFunc("func(string) (string, error)", (text: string) =>
		base64(text).replaceAll("+", "-").replaceAll("/", "_"),
	),
	base64URLDecode: goFunc("func(string) (string, error)", (text: string) => decode("base64URLDecode", urlSafe, text)),
	md5sum: goFunc("func(string) (string, error)", (text: string) => hashHex("md5", text)),
	sha256Hex: goFunc("func(string) (string, error)", (text: string) => hashHex("sha256", text)),
	hmacSHA256Hex: goFunc("func(string, string) (string, error)", (message: string, key: string) =>
		createHmac("sha256", bytesOfText(key)).update(bytesOfText(message)).digest("hex"),
	),
};

const standard = /[A-Za-z0-9+/]/;
const urlSafe = /[A-Za-z0-9_-]/;

/** Padded standard base64 of a text's bytes. */
export function base64(text: string): string {
	return Buffer.from(bytesOfText(text)).toString("base64");
}

/** Lower-case hexadecimal checksum of a text's bytes. */
export function hashHex(algorithm: "md5" | "sha1" | "sha256" | "sha512", text: string): string {
	return createHash(algorithm).update(bytesOfText(text)).digest("hex");
}

/** As Go's `encoding/base64` with padding: newlines are skipped, anything else wrong names its byte. */
export function decodeBase64(text: string, alphabet: RegExp = standard): string {
	const characters = [...text]
		.map((character, at) => ({ character, at }))
		.filter(({ character }) => !/[\r\n]/.test(character));
	let padding = 0;
	for (const { character, at } of characters) {
		if (character === "=") padding++;
		else if (padding > 0 || !alphabet.test(character)) throw corrupt(at);
	}
	if (characters.length % 4 !== 0) throw corrupt(Math.floor(characters.length / 4) * 4);
	if (padding > 2) throw corrupt(text.indexOf("="));
	const plain = characters.map(({ character }) => character).join("");
	return textOfBytes(Buffer.from(plain.replaceAll("-", "+").replaceAll("_", "/"), "base64"));
}

function decode(name: string, alphabet: RegExp, text: string): string {
	try {
		return decodeBase64(text, alphabet);
	} catch (error) {
		throw new Error(`${name}: ${(error as Error).message}`);
	}
}

function corrupt(at: number): Error {
	return new Error(`illegal base64 data at input byte ${at}`);
}
