import type { Clock, Network } from "../../../lib/env/index.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { RuntimeConfig } from "../../config/index.ts";
import type { CommandResult } from "../../fsm/index.ts";
import type { AgentMemberRecord } from "../../local/index.ts";
import type { Peer, ReplicatedLog } from "../../raft/index.ts";
import type { Endpoints } from "../../rpc/index.ts";
import { alone } from "./alone.ts";
import { amongOthers } from "./among-others.ts";
import { catalogMembers } from "./catalog-members.ts";
import { type LeaderDuties, leaderDuties } from "./leader-duties.ts";
import type { RaftEngine } from "./raft-engine.ts";
import { type ServerMember, serversOf } from "./server-member.ts";
import type { ServerRole } from "./server-role.ts";

/** What this server is to the other agents. */
export interface Cluster extends Omit<ServerRole, "duties" | "keeps" | "look"> {
	/** Servers that gossip shows, this one included. */
	servers(): readonly ServerMember[];
	/** The pool tells that a member has changed. */
	memberChanged(member: AgentMemberRecord): void;
	/** Resolves when it leads and the catalog shows the pool; at once for a server that has to wait for others. */
	settled(): Promise<void>;
}

export function openCluster(parts: {
	readonly config: RuntimeConfig;
	readonly self: Peer;
	readonly engine: { readonly log: ReplicatedLog<CommandResult>; readonly raft?: RaftEngine };
	/** Of the pool, this agent first; empty while there is none. */
	readonly members: () => readonly AgentMemberRecord[];
	/** As `MemberPool.forceLeave`. */
	readonly forceLeave: (name: string) => Promise<void>;
	/** This server's own. Not asked for before `begin`. */
	readonly endpoints: () => Endpoints;
	readonly clock: Clock;
	readonly network: Network;
	readonly logger: Logger;
}): Cluster {
	const { config, self, engine, members, endpoints, clock, network, logger } = parts;
	const servers = () => serversOf(members(), config.datacenter);
	const { raft } = engine;
	const role: ServerRole =
		raft === undefined
			? alone({ self, nodeName: config.nodeName, log: engine.log, servers, clock, logger })
			: amongOthers({
					config,
					self,
					engine: raft,
					servers,
					forget: parts.forceLeave,
					writeAutopilot: async (content) => {
						const write = { datacenter: "", token: config.agentToken };
						await endpoints().operator?.setAutopilotConfiguration(content, 0, write);
					},
					clock,
					network,
					logger,
				});
	let duties: LeaderDuties | undefined;
	return {
		...role,
		servers,
		begin() {
			role.begin();
			duties = leaderDuties({
				leadership: role.leadership,
				members,
				keeps: (member) => role.keeps(member),
				catalog: catalogMembers({
					endpoints: endpoints(),
					datacenter: config.datacenter,
					selfName: config.nodeName,
					token: config.agentToken,
				}),
				...(role.duties === undefined ? {} : { raft: role.duties }),
				clock,
				logger,
			});
		},
		memberChanged(member) {
			role.look();
			duties?.changed(member);
		},
		settled: async () => {
			if (role.standsAlone()) await duties?.begun;
		},
		close() {
			duties?.close();
			role.close();
		},
	};
}
