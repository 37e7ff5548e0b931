/** The one of `known` that a mistyped `word` was most likely meant to be: the nearest within two edits; undefined when none is. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
	let best: string | undefined;
	// A word of one or two letters is not meant to be wholly another one.
	let bestDistance = Math.min(3, word.length);
	for (const each of known) {
		const distance = editDistance(word, each);
		if (distance < bestDistance) {
			best = each;
			bestDistance = distance;
		}
	}
	return best;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
	let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const current = [i];
		for (let j = 1; j <= b.length; j++) {
			const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
		}
		previous = current;
	}
	return previous[b.length] ?? 0;
}
