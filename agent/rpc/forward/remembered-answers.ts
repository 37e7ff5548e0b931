/** Questions whose last answer is remembered, and bytes of answers, at most; those asked longest ago are forgotten first. */
const questionsMax = 512;
const bytesMax = 32 * 1024 * 1024;

/**
 * What was last answered to a question, as bytes and as what was made of them. The same bytes are answered with the same object:
 * nothing is decoded, and what others make of the object (serialized answers) is shared as at a server.
 */
export interface RememberedAnswers {
	answerTo<Answer>(question: string, encoded: Uint8Array, decode: () => Answer): Answer;
}

export function createRememberedAnswers(): RememberedAnswers {
	const remembered = new Map<string, { readonly encoded: Uint8Array; readonly answer: unknown }>();
	let sizeBytes = 0;

	function forget(question: string): void {
		sizeBytes -= remembered.get(question)?.encoded.length ?? 0;
		remembered.delete(question);
	}

	return {
		answerTo<Answer>(question: string, encoded: Uint8Array, decode: () => Answer): Answer {
			const known = remembered.get(question);
			// To the end of the order, whether it changes or not.
			forget(question);
			const isSame = known !== undefined && Buffer.compare(known.encoded, encoded) === 0;
			// What is stored under a question was decoded as this one is.
			const answer = isSame ? (known.answer as Answer) : decode();
			if (encoded.length > bytesMax / 2) return answer;
			remembered.set(question, { encoded: isSame ? known.encoded : encoded.slice(), answer });
			sizeBytes += encoded.length;
			for (const [oldest] of remembered) {
				if (remembered.size <= questionsMax && sizeBytes <= bytesMax) break;
				forget(oldest);
			}
			return answer;
		},
	};
}
