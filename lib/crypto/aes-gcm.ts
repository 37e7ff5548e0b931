import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from "node:crypto";

export interface SealOptions {
	/** 16, 24 or 32 bytes. */
	readonly key: Uint8Array;
	/** 12 bytes, never twice with the same key. */
	readonly nonce: Uint8Array;
	/** Not encrypted, but must be the same at the other end. */
	readonly additionalData: Uint8Array;
}

const tagSizeBytes = 16;

/** Ciphertext and the tag of 16 bytes after it (NIST SP 800-38D, as Go's `cipher.AEAD` lays it out). */
export function sealAesGcm(plaintext: Uint8Array, { key, nonce, additionalData }: SealOptions): Uint8Array {
	const cipher = createCipheriv(algorithm(key), key, nonce) as CipherGCM;
	cipher.setAAD(additionalData);
	return concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext, or undefined when key, nonce, additional data or any byte is not what it was sealed with. */
export function openAesGcm(sealed: Uint8Array, { key, nonce, additionalData }: SealOptions): Uint8Array | undefined {
	if (sealed.length < tagSizeBytes) return undefined;
	const decipher = createDecipheriv(algorithm(key), key, nonce) as DecipherGCM;
	decipher.setAAD(additionalData);
	decipher.setAuthTag(sealed.subarray(sealed.length - tagSizeBytes));
	try {
		return concat([decipher.update(sealed.subarray(0, sealed.length - tagSizeBytes)), decipher.final()]);
	} catch {
		return undefined;
	}
}

function algorithm(key: Uint8Array): string {
	return `aes-${key.length * 8}-gcm`;
}

/** Plain bytes: nobody else is to see that they come from Node's Buffer. */
function concat(parts: readonly Buffer[]): Uint8Array {
	const whole = Buffer.concat(parts);
	return new Uint8Array(whole.buffer, whole.byteOffset, whole.length);
}
