/** Answers of woken long polls that are sent before others get their turn; one takes up to a fifth of a millisecond. */
const answersPerTurn = 48;

/** Lets those who were woken together go on a few at a time (decision 16). */
export interface Turns {
	/** Resolves when it is the caller's turn. */
	next(): Promise<void>;
}

export function createTurns(): Turns {
	let waiting: (() => void)[] = [];
	let scheduled = false;

	function run(): void {
		const now = waiting.slice(0, answersPerTurn);
		waiting = waiting.slice(answersPerTurn);
		// What they do happens after this function, before the next immediate.
		for (const go of now) go();
		scheduled = waiting.length > 0;
		if (scheduled) setImmediate(run);
	}

	return {
		next: () =>
			new Promise((resolve) => {
				waiting.push(resolve);
				if (scheduled) return;
				scheduled = true;
				setImmediate(run);
			}),
	};
}
