import { changed, type MembershipChange } from "./configuration.ts";
import { configurationBusy, noLeaderHere, transferring } from "./core-errors.ts";
import { appendOwn } from "./leader.ts";
import { configurationIndexOf, configurationOf, type RaftState } from "./state.ts";

/**
 * Appends a configuration that differs by one server; gives its index. Thesis §4.1 with its correction: one change at a time,
 * and none before an entry of the leader's own term is committed.
 *
 * Fails with `NO_LEADER`, `LEADERSHIP_TRANSFERRING`, `CONFIGURATION_BUSY`, `CONFIGURATION_INVALID`.
 */
export function changeMembership(state: RaftState, change: MembershipChange, previousIndex: number): number {
	const { leading } = state;
	if (leading === undefined) throw noLeaderHere();
	if (leading.transfer !== undefined) throw transferring();
	if (state.configurations.length > 1) throw configurationBusy("the former change is not committed");
	if (state.commitIndex < leading.firstIndex) throw configurationBusy("the leader is new");
	if (previousIndex !== 0 && previousIndex !== configurationIndexOf(state))
		throw configurationBusy(`they were changed at index ${configurationIndexOf(state)}, not at ${previousIndex}`);
	const configuration = changed(configurationOf(state), change);
	return appendOwn(state, { type: "configuration", data: new Uint8Array(), configuration });
}
