import type { Clock } from "../../lib/env/index.ts";

const tellEachMs = 2_000;

/** How far the recovery of a long log is. */
export interface RecoveryProgress {
	readonly stage: "read" | "applied";
	readonly entryCount: number;
	/** Undefined while that is not known. */
	readonly ofCount?: number;
}

/** Tells how far a piece of work is, each two seconds of it: nothing of a short one. */
export class Progress {
	readonly #clock: Clock;
	readonly #tell: (progress: RecoveryProgress) => void;
	/** Undefined while there is nothing to do. */
	#tellAtMs: number | undefined;

	constructor(clock: Clock, tell: ((progress: RecoveryProgress) => void) | undefined) {
		this.#clock = clock;
		this.#tell = tell ?? (() => undefined);
	}

	at(progress: RecoveryProgress): void {
		const nowMs = this.#clock.monotonicMs();
		this.#tellAtMs ??= nowMs + tellEachMs;
		if (nowMs < this.#tellAtMs) return;
		this.#tellAtMs = nowMs + tellEachMs;
		this.#tell(progress);
	}

	/** What comes next is another piece of work. */
	done(): void {
		this.#tellAtMs = undefined;
	}
}
