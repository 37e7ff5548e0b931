import { compareUtf8 } from "../../lib/json/index.ts";

/** A sorted copy. */
export function sortedTexts(texts: readonly string[] | null | undefined): readonly string[] {
	return [...(texts ?? [])].sort(compareUtf8);
}

/** Compares by the first of `keys` in which two records differ. */
export function byFields<T>(...keys: readonly ((item: T) => string)[]): (a: T, b: T) => number {
	return (a, b) => {
		for (const key of keys) {
			const order = compareUtf8(key(a), key(b));
			if (order !== 0) return order;
		}
		return 0;
	};
}
