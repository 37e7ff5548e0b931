/**
 * Takes back what a transaction wrote when one of its operations fails: tables note the inverse of each change while a
 * transaction runs. Costs nothing otherwise, and a rollback costs what the transaction did, however large the tables are.
 */
export class Journal {
	#inverses: (() => void)[] | undefined;

	/** Whether inverses are wanted; tables ask before they look up what was there. */
	get recording(): boolean {
		return this.#inverses !== undefined;
	}

	begin(): void {
		this.#inverses = [];
	}

	note(inverse: () => void): void {
		this.#inverses?.push(inverse);
	}

	/** What was written stays. */
	commit(): void {
		this.#inverses = undefined;
	}

	/** Everything is as it was at `begin`. */
	rollback(): void {
		const inverses = this.#inverses ?? [];
		// The inverses themselves are final.
		this.#inverses = undefined;
		for (const inverse of inverses.reverse()) inverse();
	}
}
