/** What must hold at every moment of every run (Raft figure 3). The first breach is kept; the run goes on to its end. */
export class Invariants {
	readonly #trace: (text: string) => void;
	readonly #leaders = new Map<number, string>();
	/** What was applied at an index, on whichever server first. */
	readonly #applied = new Map<number, Uint8Array>();
	readonly #sessionEnds = new Map<string, number>();
	breach: string | undefined;
	/** Leaderships that began. */
	electionCount = 0;

	constructor(trace: (text: string) => void) {
		this.#trace = trace;
	}

	broken(what: string): void {
		this.breach ??= what;
		this.#trace(`BROKEN ${what}`);
	}

	/** Election safety: at most one leader in a term. */
	leads(id: string, term: number): void {
		this.electionCount++;
		this.#trace(`${id} leads term ${term}`);
		const other = this.#leaders.get(term);
		if (other !== undefined && other !== id) this.broken(`election safety: ${other} and ${id} both lead term ${term}`);
		this.#leaders.set(term, id);
	}

	/** State machine safety: whatever is applied at an index is applied there by all, for ever. */
	applied(id: string, index: number, command: Uint8Array): void {
		const first = this.#applied.get(index);
		if (first === undefined) this.#applied.set(index, command.slice());
		else if (!sameBytes(first, command)) this.broken(`state machine safety: ${id} applies another command at ${index}`);
	}

	get appliedCount(): number {
		return this.#applied.size;
	}

	/** While it held a lock. */
	sessionEnded(id: string, atMs: number): void {
		if (!this.#sessionEnds.has(id)) this.#sessionEnds.set(id, atMs);
	}

	sessionEndMs(id: string): number | undefined {
		return this.#sessionEnds.get(id);
	}
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
