/** Says once that nobody waits for an answer any more. What is used of an AbortSignal, without its weight: there may be thousands. */
export class CallEnd {
	#listeners: Set<() => void> | undefined;
	aborted = false;

	abort(): void {
		if (this.aborted) return;
		this.aborted = true;
		const listeners = this.#listeners;
		this.#listeners = undefined;
		for (const listener of listeners ?? []) listener();
	}

	addEventListener(_type: "abort", listener: () => void): void {
		if (this.aborted) return;
		this.#listeners ??= new Set();
		this.#listeners.add(listener);
	}

	removeEventListener(_type: "abort", listener: () => void): void {
		this.#listeners?.delete(listener);
	}
}
