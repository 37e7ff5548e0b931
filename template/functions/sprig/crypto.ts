import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { bytesOfText, goFunc, textOfBytes } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";
import { newPrivateKey } from "./private-keys.ts";

const blockBytes = 16;

/** Encryption under a password, and private keys. */
export const sprigCryptoFunctions: FunctionFamily = {
	encryptAES: goFunc("func(string, string) (string, error)", (password: string, text: string) => {
		if (text === "") return "";
		const iv = randomBytes(blockBytes);
		const cipher = createCipheriv("aes-256-cbc", aesKey(password), iv);
		return Buffer.concat([iv, cipher.update(bytesOfText(text)), cipher.final()]).toString("base64");
	}),
	decryptAES: goFunc("func(string, string) (string, error)", (password: string, text: string) => {
		if (text === "") return "";
		const bytes = Buffer.from(text, "base64");
		if (bytes.length < 2 * blockBytes || bytes.length % blockBytes !== 0) {
			throw new Error("the text is not what encryptAES made: its length is no multiple of 16 bytes");
		}
		const cipher = createDecipheriv("aes-256-cbc", aesKey(password), bytes.subarray(0, blockBytes));
		return textOfBytes(Buffer.concat([cipher.update(bytes.subarray(blockBytes)), cipher.final()]));
	}),
	genPrivateKey: goFunc("func(string) string", newPrivateKey),
};

/** sprig cuts or pads the password to the key's length. */
function aesKey(password: string): Uint8Array {
	const key = new Uint8Array(32);
	key.set(bytesOfText(password).subarray(0, 32));
	return key;
}
