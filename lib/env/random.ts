export interface Random {
	/** A number in [0, 1). */
	next(): number;
	/** `count` random bytes. The Node version is fit for keys and identifiers. */
	bytes(count: number): Uint8Array;
}

/** A random (version 4) UUID in lower case, RFC 4122 section 4.4. */
export function uuid(random: Random): string {
	const bytes = random.bytes(16);
	bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A new array with the same elements in random order (Fisher-Yates). */
export function shuffle<T>(items: readonly T[], random: Random): T[] {
	const result = [...items];
	for (let last = result.length - 1; last > 0; last--) {
		const chosen = Math.floor(random.next() * (last + 1));
		const kept = result[last] as T;
		result[last] = result[chosen] as T;
		result[chosen] = kept;
	}
	return result;
}
