import type { Clock } from "../../../lib/env/index.ts";
import type { RaftLog } from "../../raft/index.ts";
import { lastPeer, type RaftServer, type ServerHealth, type ServerPool } from "../../rpc/index.ts";
import type { ServerMember } from "./server-member.ts";

/** What a server's health is judged by; parts of the autopilot's configuration. */
export interface HealthLimits {
	readonly lastContactThresholdMs: number;
	readonly maxTrailingLogs: number;
}

/** What the agreed log knows of the servers, with what gossip knows of them. */
export interface RaftServerPool extends ServerPool {
	/** Looks at every server's health now, so that `stableSinceMs` is right; to be called every few seconds at the leader. */
	observe(): void;
	/** Leadership has begun or ended: what was known of healths is forgotten. */
	reset(): void;
}

export function raftServerPool(parts: {
	readonly log: Pick<RaftLog<unknown>, "cluster" | "state" | "termAt" | "changeMembership" | "transferLeadership">;
	/** Servers in the pool by id. */
	readonly members: () => ReadonlyMap<string, ServerMember>;
	readonly limits: () => HealthLimits;
	/** Between two heartbeats at most: so long a healthy follower may be silent. */
	readonly heartbeatPauseMs: number;
	readonly clock: Clock;
}): RaftServerPool {
	const { log, members, limits, heartbeatPauseMs, clock } = parts;
	const stable = new Map<string, { readonly healthy: boolean; readonly sinceMs: number }>();

	/** How far each server is, this one included. */
	function progress(): Map<string, { readonly matchIndex: number; readonly silentMs: number }> {
		const { followers } = log.cluster();
		return new Map(followers.map(({ id, ...rest }) => [id, rest]));
	}

	function servers(): RaftServer[] {
		const { configuration, leader } = log.cluster();
		const known = members();
		return configuration.servers.map(({ id, address, voter }) => ({
			id,
			node: known.get(id)?.name ?? "(unknown)",
			address,
			leader: id === leader?.id,
			voter,
		}));
	}

	function health(): ServerHealth[] {
		const { commitIndex } = log.cluster();
		const { term } = log.state();
		const { lastContactThresholdMs, maxTrailingLogs } = limits();
		const known = members();
		const far = progress();
		return servers().map((server) => {
			const member = known.get(server.id);
			const own = server.leader ? { matchIndex: commitIndex, silentMs: 0 } : far.get(server.id);
			const { matchIndex, silentMs } = own ?? { matchIndex: 0, silentMs: Number.MAX_SAFE_INTEGER };
			const lastTerm = log.termAt(matchIndex) ?? (matchIndex === 0 ? 0 : term);
			const healthy =
				member?.status === "alive" &&
				silentMs <= lastContactThresholdMs + heartbeatPauseMs &&
				matchIndex + maxTrailingLogs >= commitIndex &&
				matchIndex > 0;
			const before = stable.get(server.id);
			const since = before?.healthy === healthy ? before : { healthy, sinceMs: clock.nowMs() };
			stable.set(server.id, since);
			return {
				...server,
				serfStatus: member?.status ?? "none",
				version: member?.version ?? "",
				lastContactMs: silentMs === Number.MAX_SAFE_INTEGER ? 0 : silentMs,
				lastTerm,
				lastIndex: matchIndex,
				healthy,
				stableSinceMs: since.sinceMs,
			};
		});
	}

	return {
		servers,
		changeIndex: () => log.cluster().configurationIndex,
		health,
		observe: () => void health(),
		reset: () => stable.clear(),
		remove: async (id) => {
			const left = servers().filter((server) => server.voter && server.id !== id);
			if (left.length === 0) throw lastPeer(id);
			await log.changeMembership({ kind: "remove", id });
		},
		transferLeadership: (id) => log.transferLeadership(id),
	};
}
