/**
 * The order in which commands happen, agreed on and durable. Which engine keeps it (`local`: one server; Raft: several) is
 * known only to who builds it; the state machine and the endpoints see this.
 *
 * Errors of the methods, as `DiscoError` codes: `LOG_FAILED` (the disk failed; nothing more is accepted until a restart),
 * `LOG_CLOSED`, `LOG_BUSY` (retryable: too many proposals wait), `ENTRY_TOO_LARGE`, and with several servers `NO_LEADER` and
 * `LEADERSHIP_LOST` (the outcome is unknown).
 */
export interface ReplicatedLog<Result> {
	/**
	 * Recovers what is stored into the state machine, then accepts proposals. Fails with `LOG_CORRUPT` (naming file and offset),
	 * `LOG_FORMAT_UNKNOWN`, `LOG_FAILED`.
	 */
	start(): Promise<void>;
	/** Resolves when the command is durable **and** applied here; `result` is what the state machine said. */
	propose(command: Uint8Array): Promise<Committed<Result>>;
	/** Resolves when this server was the leader at some moment after the call (a read that must be current asks first). */
	verifyLeader(): Promise<void>;
	/** Resolves with the applied index when everything proposed before the call is applied. */
	barrier(): Promise<number>;
	/**
	 * Replaces the state with a snapshot from elsewhere; the log goes on above both. Nothing changes when the snapshot cannot be
	 * read (the state machine's error). Resolves, with the new last index, when a crash cannot bring the former state back;
	 * proposals wait meanwhile.
	 */
	restore(snapshot: ForeignSnapshot): Promise<number>;
	state(): LogState;
	/** Stops accepting, waits for what is in flight, closes files. Idempotent. */
	close(): Promise<void>;
}

export interface ForeignSnapshot {
	/** As `StateMachine.snapshot` gives them, of bounded size. */
	readonly pieces: readonly Uint8Array[];
	/** That the state holds. */
	readonly newestIndex: number;
	/** Resolves soon; called from time to time, so that a large state holds nobody up. */
	readonly giveWay: () => Promise<void>;
}

export interface Committed<Result> {
	/** Index in the log: above 0, increasing. */
	readonly index: number;
	readonly result: Result;
}

export interface LogState {
	readonly role: "leader" | "follower" | "candidate" | "stopped" | "failed";
	/** Whether some leader is known, this server or another. */
	readonly knownLeader: boolean;
	/** Since the leader was last heard of; 0 at the leader. */
	readonly lastContactMs: number;
	readonly term: number;
	/** Of the last entry stored. */
	readonly lastIndex: number;
	readonly appliedIndex: number;
	/** Of the newest snapshot; 0 for none. */
	readonly snapshotIndex: number;
	/** Proposals that are not decided yet. */
	readonly pendingCount: number;
}

/** What a log feeds. All methods are deterministic: the same commands in the same order give the same state. */
export interface StateMachine<Result> {
	/** Called once per command, in order. What it throws is a programmer's error or a command of a newer version: the log fails. */
	apply(index: number, command: Uint8Array): Result;
	/**
	 * The state as it is at the call, in pieces of bounded size that are made as they are asked for; later commands do not show.
	 * The pieces' bytes are not changed afterwards.
	 */
	snapshot(): Iterable<Uint8Array>;
	/** Replaces the state with a snapshot's; the pieces may be cut differently. Nothing changes when it fails. */
	restore(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
}

/** Largest command: a transaction's 512 KiB with room for its frame and the largest registrations. */
export const entrySizeBytesMax = 2 * 1024 * 1024;

/** Proposals that may wait for the disk; beyond it `LOG_BUSY`, so that memory stays bounded when the disk is slow. */
export const pendingProposalsMax = 16_384;

/** Bytes of commands that may wait; beyond it `LOG_BUSY`. */
export const pendingBytesMax = 64 * 1024 * 1024;
