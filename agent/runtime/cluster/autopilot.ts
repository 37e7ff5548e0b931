import type { MembershipChange, Server } from "../../raft/index.ts";
import type { AutopilotContent, ServerHealth } from "../../rpc/index.ts";
import type { ServerMember } from "./server-member.ts";

/** One step towards the servers that gossip shows. */
export type ServerStep = MembershipChange & {
	/** For the log. */
	readonly why: string;
	/** A failed member that is to be taken for one that left, by name. */
	readonly forget?: string;
};

export interface ClusterFacts {
	/** Id of the leader, which decides. */
	readonly selfId: string;
	/** Raft's servers. */
	readonly servers: readonly Server[];
	/** Of those in the pool, by id. */
	readonly members: ReadonlyMap<string, ServerMember>;
	readonly health: readonly ServerHealth[];
	readonly autopilot: AutopilotContent;
	/** Milliseconds since the Unix epoch. */
	readonly nowMs: number;
	/** Whether one that is not among Raft's servers may be taken in. */
	readonly mayJoin: (member: ServerMember) => boolean;
	/** The leader has led for so long that whom gossip does not show is not there. */
	readonly knowsPool: boolean;
}

/**
 * The next change of Raft's servers, or none: one at a time, so that each is judged with the one before in force. Pure.
 *
 * A server that gossip shows is taken in without a vote and gets one when it was healthy for `serverStabilizationTimeMs`; one
 * that left is taken out. A read replica never gets a vote, and loses one that it had.
 */
export function nextJoinStep({
	selfId,
	servers,
	members,
	health,
	autopilot,
	nowMs,
	mayJoin,
}: ClusterFacts): ServerStep | undefined {
	for (const { id } of servers) {
		if (id !== selfId && members.get(id)?.status === "left") return { kind: "remove", id, why: "it left" };
	}
	for (const member of members.values()) {
		if (member.status !== "alive") continue;
		const { id, address } = member;
		const present = servers.find((server) => server.id === id);
		if (present?.address === address || (present === undefined && !mayJoin(member))) continue;
		const holder = servers.find((server) => server.address === address && server.id !== id);
		// Its machine was set up anew: the former id will not come back.
		if (holder !== undefined && holder.id !== selfId)
			return { kind: "remove", id: holder.id, why: `its address is that of ${member.name} now` };
		if (holder !== undefined) continue;
		if (present?.voter === true) return { kind: "add-voter", id, address, why: "its address has changed" };
		return { kind: "add-non-voter", id, address, why: "it joined" };
	}
	for (const { id, address, voter, healthy, stableSinceMs } of health) {
		const wanted = members.get(id)?.voter === true;
		if (!voter && wanted && healthy && nowMs - stableSinceMs >= autopilot.serverStabilizationTimeMs)
			return { kind: "add-voter", id, address, why: "it was healthy for long enough" };
	}
	for (const { id, voter } of servers) {
		const member = members.get(id);
		if (voter && id !== selfId && member?.status === "alive" && !member.voter)
			return { kind: "demote-voter", id, why: "it is a read replica" };
	}
	return undefined;
}

/**
 * Servers to be taken out because they failed, or because gossip does not know them any more: not more than a minority, and not
 * below `minQuorum` voters. Pure.
 */
export function deadServers({ selfId, servers, members, autopilot, knowsPool }: ClusterFacts): ServerStep[] {
	if (!autopilot.cleanupDeadServers) return [];
	let voters = servers.filter(({ voter }) => voter).length;
	let mayGo = Math.floor((voters - 1) / 2);
	const steps: ServerStep[] = [];
	for (const { id, voter } of servers) {
		const member = members.get(id);
		const dead = member === undefined ? knowsPool : member.status === "failed";
		if (id === selfId || !dead) continue;
		if (voter && (mayGo < 1 || voters - 1 < autopilot.minQuorum)) continue;
		if (voter) {
			mayGo--;
			voters--;
		}
		const why = member === undefined ? "nobody knows it any more" : "it failed";
		steps.push({ kind: "remove", id, why, ...(member === undefined ? {} : { forget: member.name }) });
	}
	return steps;
}
