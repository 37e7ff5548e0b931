/** Go's order of texts: by UTF-8 bytes, which is the order of code points. */
export function compareText(a: string, b: string): number {
	if (a === b) return 0;
	// Code units order surrogate pairs below U+E000..U+FFFF; bytes do not.
	if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : 1;
	return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A sorted copy. */
export function sortedTexts(texts: readonly string[] | null | undefined): readonly string[] {
	return [...(texts ?? [])].sort(compareText);
}

/** Compares by the first of `keys` in which two records differ. */
export function byFields<T>(...keys: readonly ((item: T) => string)[]): (a: T, b: T) => number {
	return (a, b) => {
		for (const key of keys) {
			const order = compareText(key(a), key(b));
			if (order !== 0) return order;
		}
		return 0;
	};
}
