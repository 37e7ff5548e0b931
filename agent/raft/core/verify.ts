import { voters } from "./configuration.ts";
import { majorityValue } from "./rules.ts";
import { configurationOf, type RaftState } from "./state.ts";

/**
 * Thesis §6.4: a read is current when, after it was asked for, a majority still took this server for the leader, and when what
 * was committed at the question is applied, the first entry of this leadership included.
 */
export function askLeadership(state: RaftState, token: unknown): void {
	const { leading } = state;
	if (leading === undefined) {
		state.outputs.push({ kind: "not-leader", token });
		return;
	}
	const readIndex = Math.max(state.commitIndex, leading.firstIndex);
	leading.questions.push({ token, readIndex, round: undefined });
}

/** Answers what can be answered; questions that come while a round is under way share the next one. */
export function questionsStep(state: RaftState): void {
	const { leading } = state;
	if (leading === undefined || leading.questions.length === 0) return;
	settle(state);
	if (leading.questions.length === 0 || leading.questions.some(({ round }) => round !== undefined)) return;
	leading.round++;
	for (const question of leading.questions) question.round = leading.round;
	for (const progress of leading.progress.values()) progress.heartbeatDueMs = state.nowMs;
	settle(state);
}

function settle(state: RaftState): void {
	const { leading } = state;
	if (leading === undefined) return;
	const { id: self } = state.options.self;
	const confirmedRound = majorityValue(
		voters(configurationOf(state)).map(({ id }) =>
			id === self ? leading.round : (leading.progress.get(id)?.ackedRound ?? 0),
		),
	);
	leading.questions = leading.questions.filter(({ token, readIndex, round }) => {
		if (round === undefined || round > confirmedRound) return true;
		state.outputs.push({ kind: "verified", token, readIndex });
		return false;
	});
}
