/** Selections remembered for one list; a question beyond that is computed each time it is asked. */
const selectionsMax = 256;

/**
 * Selections of a list from the state store, remembered as long as the store remembers the list: the same question gives the
 * same array while nothing changed, and what is made from it (serialized answers) is shared too.
 */
export interface Selections {
	/** The elements of `list` for which `keep` holds; `list` itself when that is all of them. `question` names `keep`. */
	select<Item>(list: readonly Item[], question: string, keep: (item: Item) => boolean): readonly Item[];
}

export function createSelections(): Selections {
	const remembered = new WeakMap<object, Map<string, readonly unknown[]>>();
	return {
		select<Item>(list: readonly Item[], question: string, keep: (item: Item) => boolean): readonly Item[] {
			const byQuestion = remembered.get(list) ?? new Map<string, readonly unknown[]>();
			remembered.set(list, byQuestion);
			const known = byQuestion.get(question);
			// What is stored under a list's question was made from that list.
			if (known !== undefined) return known as readonly Item[];
			const kept = list.filter(keep);
			const selection = kept.length === list.length ? list : Object.freeze(kept);
			if (byQuestion.size < selectionsMax) byQuestion.set(question, selection);
			return selection;
		},
	};
}
