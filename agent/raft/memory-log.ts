import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { assertEntrySize, logClosed, logNotStarted } from "./log-errors.ts";
import { paced } from "./paced.ts";
import type { Committed, ForeignSnapshot, LogState, ReplicatedLog, StateMachine } from "./replicated-log.ts";

/** One server, nothing on disk (`disco agent -dev`): a command is applied at once and forgotten with the process. */
export class MemoryLog<Result> implements ReplicatedLog<Result> {
	readonly #machine: StateMachine<Result>;
	#role: "stopped" | "leader" | "failed" = "stopped";
	#failure: DiscoError | undefined;
	#index = 0;

	constructor(options: { readonly machine: StateMachine<Result> }) {
		this.#machine = options.machine;
	}

	async start(): Promise<void> {
		this.#role = "leader";
		// As the durable engine, which begins with an entry of its own.
		this.#index = 1;
	}

	async propose(command: Uint8Array): Promise<Committed<Result>> {
		this.#assertRunning();
		assertEntrySize(command);
		const index = this.#index + 1;
		try {
			const result = this.#machine.apply(index, command);
			this.#index = index;
			return { index, result };
		} catch (error) {
			this.#role = "failed";
			this.#failure = new DiscoError("LOG_FAILED", `entry ${index} cannot be applied: ${errorMessage(error)}`, {
				cause: error,
			});
			throw this.#failure;
		}
	}

	async verifyLeader(): Promise<void> {
		this.#assertRunning();
	}

	async barrier(): Promise<number> {
		this.#assertRunning();
		return this.#index;
	}

	async restore({ pieces, newestIndex, giveWay }: ForeignSnapshot): Promise<number> {
		this.#assertRunning();
		// What is proposed while the pieces are read belongs to the state that is replaced.
		await this.#machine.restore(paced(pieces, giveWay));
		this.#index = Math.max(this.#index, newestIndex) + 1;
		return this.#index;
	}

	state(): LogState {
		return {
			role: this.#role,
			knownLeader: this.#role === "leader",
			lastContactMs: 0,
			term: 1,
			lastIndex: this.#index,
			appliedIndex: this.#index,
			snapshotIndex: 0,
			pendingCount: 0,
		};
	}

	async close(): Promise<void> {
		if (this.#role === "leader") this.#role = "stopped";
	}

	#assertRunning(): void {
		if (this.#failure !== undefined) throw this.#failure;
		if (this.#role !== "leader") throw this.#index === 0 ? logNotStarted() : logClosed();
	}
}
