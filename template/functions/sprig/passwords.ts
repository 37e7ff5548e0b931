import { createHmac, scryptSync } from "node:crypto";
import { bytesOfText, goFunc } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";

/** The package, once `loadBcrypt` has run. */
let hashPassword: ((password: string, rounds: number) => string) | undefined;

/** Loads bcrypt; templates that use none of its functions never do. */
export async function loadBcrypt(): Promise<void> {
	hashPassword = (await import("bcryptjs")).hashSync;
}

/** sprig's, which is Go's default. */
const bcryptRounds = 10;
/** bcrypt would silently leave out the rest. */
const bcryptBytesMax = 72;

/** Hashes of passwords, and passwords from one main password. */
export const sprigPasswordFunctions: FunctionFamily = {
	bcrypt: goFunc("func(string) string", bcrypt),
	htpasswd: goFunc("func(string, string) string", (user: string, password: string) =>
		user.includes(":") ? `invalid username: ${user}` : `${user}:${bcrypt(password)}`,
	),
	derivePassword: goFunc("func(uint32, string, string, string, string) string", derivePassword),
};

function bcrypt(password: string): string {
	if (hashPassword === undefined) throw new Error("bcrypt was not loaded");
	if (bytesOfText(password).length > bcryptBytesMax) {
		return `failed to encrypt string with bcrypt: bcrypt: password length exceeds ${bcryptBytesMax} bytes`;
	}
	// 2a and 2b are the same for everything that is valid text; readers of the reference's hashes may know only 2a.
	return hashPassword(password, bcryptRounds).replace(/^\$2b\$/, "$2a$");
}

/** The Master Password algorithm, version 3: a letter stands for a class of characters. */
const patterns: Readonly<Record<string, readonly string[]>> = {
	maximum: ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
	long: [
		...["CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno"],
		...["CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno"],
		...["CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno"],
		...["CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno"],
	],
	medium: ["CvcnoCvc", "CvcCvcno"],
	short: ["Cvcn"],
	basic: ["aaanaaan", "aannaaan", "aaannaaa"],
	pin: ["nnnn"],
};

const consonants = "bcdfghjklmnpqrstvwxyz";
const letters = `AEIOUaeiou${consonants.toUpperCase()}${consonants}`;
const classes: Readonly<Record<string, string>> = {
	V: "AEIOU",
	C: consonants.toUpperCase(),
	v: "aeiou",
	c: consonants,
	a: letters,
	n: "0123456789",
	o: "@&%?,=[]_:-+*$#!'^~;()/.",
	x: `${letters}0123456789!@#$%^&*()`,
};

const scope = "com.lyndir.masterpassword";

function derivePassword(counter: number, kind: string, password: string, user: string, site: string): string {
	const choices = Object.hasOwn(patterns, kind) ? patterns[kind] : undefined;
	if (choices === undefined) return `cannot find password template ${kind}`;
	const salt = Buffer.concat([Buffer.from(scope), counted(user)]);
	const key = scryptSync(bytesOfText(password), salt, 64, { N: 32_768, r: 8, p: 2, maxmem: 128 * 1024 * 1024 });
	const message = Buffer.concat([Buffer.from(scope), counted(site), unsigned32(counter)]);
	const seed = createHmac("sha256", key).update(message).digest();
	const pattern = choices[(seed[0] ?? 0) % choices.length] ?? "";
	return [...pattern]
		.map((one, position) => {
			const characters = classes[one] ?? "";
			return characters[(seed[position + 1] ?? 0) % characters.length];
		})
		.join("");
}

function counted(text: string): Buffer {
	const bytes = bytesOfText(text);
	return Buffer.concat([unsigned32(bytes.length), bytes]);
}

function unsigned32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}
