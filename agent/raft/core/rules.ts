import type { Position } from "./types.ts";

/** The decisions on which the proofs of the Raft paper rest, as pure functions. */
export interface Rules {
	/** §5.4.1: whether the candidate's log is at least as up-to-date as the voter's. */
	upToDate(candidate: Position, voter: Position): boolean;
	/** §5.4.2: only entries of the current term commit by counting; those before them come along. */
	commitsByCounting(entryTerm: number, currentTerm: number): boolean;
	/** Figure 2, AppendEntries 5: through where a follower may commit after `lastNewIndex` was found equal to the leader's. */
	followerCommitIndex(leaderCommitIndex: number, lastNewIndex: number, lastIndex: number): number;
}

export const raftRules: Rules = {
	upToDate: (candidate, voter) =>
		candidate.term !== voter.term ? candidate.term > voter.term : candidate.index >= voter.index,
	commitsByCounting: (entryTerm, currentTerm) => entryTerm === currentTerm,
	followerCommitIndex: (leaderCommitIndex, lastNewIndex) => Math.min(leaderCommitIndex, lastNewIndex),
};

/**
 * The largest value that a majority has reached (Raft §5.3: the highest index that a majority of voters has stored; also used
 * for times and rounds). 0 when there are no voters.
 */
export function majorityValue(values: readonly number[]): number {
	if (values.length === 0) return 0;
	const descending = [...values].sort((a, b) => b - a);
	return descending[Math.floor(descending.length / 2)] ?? 0;
}

export function isMajority(count: number, voterCount: number): boolean {
	return voterCount > 0 && count > Math.floor(voterCount / 2);
}
