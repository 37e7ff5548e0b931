/** What a leader knows of a follower. */
export interface Progress {
	/** Through where its log is known to be equal to ours. */
	matchIndex: number;
	/** What it is sent next. */
	nextIndex: number;
	/**
	 * `probe`: one call at a time until its log is found to agree with ours at one place; `pipeline`: calls follow one another
	 * without waiting; `snapshot`: it needs entries that are compacted and is being sent a snapshot.
	 */
	mode: "probe" | "pipeline" | "snapshot";
	/** Calls with entries that are not answered yet. */
	readonly inFlight: Set<number>;
	/** Not sent anything but heartbeats before this time, after a failure. */
	retryAtMs: number;
	/** Of calls in a row. */
	failureCount: number;
	/** By how much the last refused probe stepped back; doubles. */
	stepBack: number;
	/** When the latest answered call was sent: at that moment the follower still followed. */
	lastAckSentAtMs: number;
	/** The latest round of leadership questions that it has answered. */
	ackedRound: number;
	heartbeatDueMs: number;
	heartbeatFailureCount: number;
	/** Highest commit index that a call has carried to it. */
	toldCommitIndex: number;
	/** When it is told of a newer one, without entries. */
	tellCommitAtMs: number | undefined;
}

interface Question {
	readonly token: unknown;
	readonly readIndex: number;
	/** Undefined until the round that answers it begins. */
	round: number | undefined;
}

export interface Transfer {
	readonly token: unknown;
	readonly target: string;
	readonly dueMs: number;
	timeoutNowSent: boolean;
}

export interface LeaderState {
	readonly progress: Map<string, Progress>;
	/** Of the entry with which this leadership began. */
	readonly firstIndex: number;
	readonly sinceMs: number;
	questions: Question[];
	round: number;
	transfer: Transfer | undefined;
	/** A follower needs entries that neither the log in memory nor a snapshot has. */
	snapshotWanted: boolean;
}

export function newProgress(nextIndex: number, nowMs: number): Progress {
	return {
		matchIndex: 0,
		nextIndex,
		mode: "probe",
		inFlight: new Set(),
		retryAtMs: nowMs,
		failureCount: 0,
		stepBack: 1,
		lastAckSentAtMs: nowMs,
		ackedRound: 0,
		heartbeatDueMs: nowMs,
		heartbeatFailureCount: 0,
		toldCommitIndex: 0,
		tellCommitAtMs: undefined,
	};
}
