/** How healthy this member thinks it is (Lifeguard): 0 is well; the less well, the more time it gives others to answer. */
export class Awareness {
	readonly #scoreMax: number;
	#score = 0;

	/** Scores are from 0 to `limit` - 1. */
	constructor(limit: number) {
		this.#scoreMax = Math.max(0, limit - 1);
	}

	get score(): number {
		return this.#score;
	}

	apply(delta: number): void {
		this.#score = Math.min(this.#scoreMax, Math.max(0, this.#score + delta));
	}

	scaleMs(timeoutMs: number): number {
		return timeoutMs * (this.#score + 1);
	}
}
