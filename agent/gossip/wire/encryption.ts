import { openAesGcm, sealAesGcm } from "../../../lib/crypto/index.ts";
import type { Random } from "../../../lib/env/index.ts";
import type { Keyring } from "./keyring.ts";

/** version, nonce, ciphertext, tag (memberlist.md, section 6). */
const nonceSizeBytes = 12;
const tagSizeBytes = 16;
/** What version 1 adds to a message. */
export const encryptionOverheadBytes = 1 + nonceSizeBytes + tagSizeBytes;

/** Seals with the primary key; version 1, which has no padding. */
export function encrypt(plain: Uint8Array, keyring: Keyring, additionalData: Uint8Array, random: Random): Uint8Array {
	const nonce = random.bytes(nonceSizeBytes);
	const sealed = sealAesGcm(plain, { key: keyring.primary, nonce, additionalData });
	const encrypted = new Uint8Array(1 + nonceSizeBytes + sealed.length);
	encrypted[0] = 1;
	encrypted.set(nonce, 1);
	encrypted.set(sealed, 1 + nonceSizeBytes);
	return encrypted;
}

/** The plaintext of version 0 or 1 by whichever key fits, or undefined. */
export function decrypt(encrypted: Uint8Array, keyring: Keyring, additionalData: Uint8Array): Uint8Array | undefined {
	const version = encrypted[0];
	if ((version !== 0 && version !== 1) || encrypted.length < encryptionOverheadBytes) return undefined;
	const nonce = encrypted.subarray(1, 1 + nonceSizeBytes);
	const sealed = encrypted.subarray(1 + nonceSizeBytes);
	for (const key of keyring.keys) {
		const plain = openAesGcm(sealed, { key, nonce, additionalData });
		if (plain !== undefined) return version === 0 ? withoutPadding(plain) : plain;
	}
	return undefined;
}

/** PKCS7: the last byte says how many were added. */
function withoutPadding(padded: Uint8Array): Uint8Array | undefined {
	const added = padded[padded.length - 1] ?? 0;
	return added === 0 || added > 16 || added > padded.length ? undefined : padded.subarray(0, padded.length - added);
}
