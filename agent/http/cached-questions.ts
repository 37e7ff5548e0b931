/** Most questions remembered; the one asked longest ago is forgotten first. */
const questionsMax = 10_000;

/** Which questions were asked with `?cached` before: what `X-Cache` and `Age` tell. */
export interface CachedQuestions {
	/** Undefined on the first time (MISS), else how old the answer is, in whole seconds (HIT). */
	ageSeconds(question: string): number | undefined;
}

/**
 * A server's own state is its cache and always as new as it can be, so an answer to a question that was asked before has age 0.
 */
export function createCachedQuestions(): CachedQuestions {
	const asked = new Set<string>();
	return {
		ageSeconds(question) {
			const known = asked.delete(question);
			asked.add(question);
			if (asked.size > questionsMax) {
				const [oldest] = asked;
				if (oldest !== undefined) asked.delete(oldest);
			}
			return known ? 0 : undefined;
		},
	};
}
