import { DiscoError } from "../../../lib/errors.ts";
import { voters } from "./configuration.ts";
import { noLeaderHere } from "./core-errors.ts";
import { configurationOf, type RaftState, send } from "./state.ts";

/**
 * Thesis §3.10: the leader takes no new entries, brings the target up to date and asks it to start an election; it goes on
 * leading when that has not happened within an election time-out. Fails with `NO_LEADER`, `TRANSFER_REFUSED`.
 */
export function startTransfer(state: RaftState, target: string | undefined, token: unknown): void {
	const { leading } = state;
	if (leading === undefined) throw noLeaderHere();
	if (leading.transfer !== undefined) throw refused("another transfer is under way");
	const others = voters(configurationOf(state)).filter(({ id }) => id !== state.options.self.id);
	const chosen = target ?? mostUpToDate(state, others);
	if (chosen === undefined) throw refused("there is no other voter");
	if (!others.some(({ id }) => id === chosen)) throw refused(`${JSON.stringify(chosen)} is no other voter`);
	const dueMs = state.nowMs + state.options.timings.electionTimeoutMs;
	leading.transfer = { token, target: chosen, dueMs, timeoutNowSent: false };
}

function mostUpToDate(state: RaftState, others: readonly { readonly id: string }[]): string | undefined {
	const matched = (id: string) => state.leading?.progress.get(id)?.matchIndex ?? 0;
	return [...others].sort((a, b) => matched(b.id) - matched(a.id))[0]?.id;
}

export function transferStep(state: RaftState): void {
	const { leading } = state;
	const transfer = leading?.transfer;
	if (leading === undefined || transfer === undefined) return;
	if (state.nowMs >= transfer.dueMs) {
		leading.transfer = undefined;
		state.outputs.push({ kind: "transferred", token: transfer.token, success: false });
		return;
	}
	const server = configurationOf(state).servers.find(({ id }) => id === transfer.target);
	const upToDate = leading.progress.get(transfer.target)?.matchIndex === state.entries.lastIndex;
	if (server === undefined || !upToDate || transfer.timeoutNowSent) return;
	transfer.timeoutNowSent = true;
	const { self, timings } = state.options;
	send(state, server, { kind: "timeout-now", from: self }, { timeoutMs: timings.electionTimeoutMs });
}

function refused(why: string): DiscoError {
	return new DiscoError("TRANSFER_REFUSED", `leadership cannot be transferred: ${why}`);
}
