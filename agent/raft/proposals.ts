import { DiscoError } from "../../lib/errors.ts";
import { leadershipLost } from "./log-errors.ts";
import { type Committed, pendingBytesMax, pendingProposalsMax } from "./replicated-log.ts";

interface Proposal<Result> {
	/** In which it was proposed: in a later one its index may hold something else. */
	readonly term: number;
	readonly sizeBytes: number;
	readonly resolve: (committed: Committed<Result>) => void;
	readonly reject: (error: DiscoError) => void;
}

/** What this leader was asked for and is not decided yet, by index. */
export class Proposals<Result> {
	readonly #waiting = new Map<number, Proposal<Result>>();
	#sizeBytes = 0;

	get count(): number {
		return this.#waiting.size;
	}

	hasRoom(sizeBytes: number): boolean {
		return this.#waiting.size < pendingProposalsMax && this.#sizeBytes + sizeBytes <= pendingBytesMax;
	}

	add(index: number, proposal: Proposal<Result>): void {
		this.#waiting.set(index, proposal);
		this.#sizeBytes += proposal.sizeBytes;
	}

	/** The entry at `index` of the log, of `term`, was applied, or refused with an error on which all servers agree. */
	applied(index: number, term: number, outcome: Committed<Result> | DiscoError): void {
		const proposal = this.#waiting.get(index);
		if (proposal === undefined) return;
		this.#waiting.delete(index);
		this.#sizeBytes -= proposal.sizeBytes;
		if (proposal.term !== term) proposal.reject(leadershipLost());
		else if (outcome instanceof DiscoError) proposal.reject(outcome);
		else proposal.resolve(outcome);
	}

	rejectAll(error: DiscoError): void {
		const all = [...this.#waiting.values()];
		this.#waiting.clear();
		this.#sizeBytes = 0;
		for (const { reject } of all) reject(error);
	}
}
