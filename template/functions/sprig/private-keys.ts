import {
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	type KeyExportOptions,
	type KeyObject,
} from "node:crypto";
import { errorMessage } from "../../../lib/errors.ts";

/** A new private key as PEM, or a text that says that there is no such kind, as in sprig. RSA and DSA take a second or more. */
export function newPrivateKey(kind: string): string {
	switch (kind) {
		case "":
		case "rsa":
			return pemOf(generateKeyPairSync("rsa", { modulusLength: 4096 }).privateKey);
		case "dsa":
			return pemOf(generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 }).privateKey);
		case "ecdsa":
			return pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
		case "ed25519":
			return pemOf(generateKeyPairSync("ed25519").privateKey);
		default:
			return `Unknown type ${kind}`;
	}
}

/** A new key for a certificate. */
export function newCertificateKey(): KeyObject {
	return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

/** The private key in a PEM text. The error says what is there instead. */
export function privateKeyOf(pem: string): KeyObject {
	const type = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1];
	if (type === undefined) throw new Error("no PEM data in input");
	if (!type.endsWith("PRIVATE KEY")) throw new Error(`no private key data in PEM block of type ${type}`);
	try {
		return createPrivateKey(pem);
	} catch (error) {
		throw new Error(`decoding PEM of type ${type}: ${errorMessage(error)}`);
	}
}

/** A private key in the form that is usual for its kind. */
export function pemOf(key: KeyObject): string {
	const { asymmetricKeyType } = key;
	const type = asymmetricKeyType === "rsa" ? "pkcs1" : asymmetricKeyType === "ec" ? "sec1" : "pkcs8";
	return String(key.export({ type, format: "pem" } as KeyExportOptions<"pem">));
}

/** The public half. */
export function publicKeyOf(key: KeyObject): KeyObject {
	return createPublicKey(key);
}
