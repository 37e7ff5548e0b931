import type { Clock, Network } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { RuntimeConfig } from "../../config/index.ts";
import type { Peer, Server } from "../../raft/index.ts";
import { callServer, methods } from "../../rpc/forward/index.ts";
import { type AutopilotContent, autopilotDefaults } from "../../rpc/index.ts";
import { admission } from "./admission.ts";
import { awaitExpectedServers, type ExpectedServers } from "./bootstrap.ts";
import { raftDuties } from "./raft-duties.ts";
import type { RaftEngine } from "./raft-engine.ts";
import { raftServerPool } from "./raft-server-pool.ts";
import type { ServerMember } from "./server-member.ts";
import type { ServerRole } from "./server-role.ts";

/** How long the question whether another server has a log may take. */
const peersTimeoutMs = 5_000;

/** A server that agrees on its log with others, or with itself as long as nobody else is there. */
export function amongOthers(parts: {
	readonly config: RuntimeConfig;
	readonly self: Peer;
	readonly engine: RaftEngine;
	/** Servers that gossip shows, this one included. */
	readonly servers: () => readonly ServerMember[];
	/** Gossip is to take a failed member for one that left. */
	readonly forget: (name: string) => Promise<void>;
	/** Writes the autopilot's configuration of a new cluster, as the leader. */
	readonly writeAutopilot: (content: AutopilotContent) => Promise<void>;
	readonly clock: Clock;
	readonly network: Network;
	readonly logger: Logger;
}): ServerRole {
	const { config, self, engine, servers, clock, network, logger } = parts;
	const { log, store, leadership } = engine;
	const configured: AutopilotContent = { ...autopilotDefaults, ...config.cluster.autopilot };
	const autopilot = () => store.autopilot().value ?? configured;
	const members = () => new Map(servers().map((server) => [server.id, server]));
	const isRunning = () => !["stopped", "failed"].includes(log.state().role);
	const pool = raftServerPool({
		log,
		members,
		limits: autopilot,
		heartbeatPauseMs: engine.heartbeatPauseMs,
		clock,
	});
	let expected: ExpectedServers | undefined;
	const foreign = new Set<string>();

	/** Why a server's calls are not answered: what another program's leader sends would be taken for ours. */
	function refusal({ id }: Peer): string | undefined {
		const member = members().get(id);
		if (member !== undefined) return member.sharesLog ? undefined : "its log is not disco's";
		const known = log.cluster().configuration.servers.some((server) => server.id === id);
		return known ? undefined : "gossip does not know it";
	}

	function nameForeign(): void {
		for (const { id, name, sharesLog, status } of servers()) {
			if (sharesLog || status !== "alive" || foreign.has(id)) continue;
			foreign.add(id);
			logger.error(
				"a server of Consul is in the pool: Consul's and disco's servers cannot form a cluster, and take nothing from each other (agents that are no servers can be mixed). Take the state over with a snapshot instead",
				{ server: name },
			);
		}
	}

	function voters(): Server[] {
		return log.cluster().configuration.servers.filter(({ voter }) => voter);
	}

	function addresses(): string[] {
		return isRunning() ? log.cluster().configuration.servers.map(({ address }) => address) : [];
	}

	async function peersOf(address: string): Promise<readonly string[]> {
		const argument = { Datacenter: config.datacenter, AllowStale: true };
		const question = { method: methods.peers, argument, timeoutMs: peersTimeoutMs };
		return (await callServer({ network, clock }, address, question)) ?? [];
	}

	return {
		leadership,
		serverPool: pool,
		duties: raftDuties({
			selfId: self.id,
			log,
			pool,
			admission: admission({ ownAddresses: addresses, peersOf, clock, logger }),
			members,
			autopilot,
			writeAutopilot: async () => {
				if (store.autopilot().value === undefined) await parts.writeAutopilot(configured);
			},
			forget: parts.forget,
			clock,
			logger,
		}),
		keeps: () => true,
		leaderAddress: () => (isRunning() ? (log.cluster().leader?.address ?? "") : ""),
		peerAddresses: addresses,
		standsAlone: () => isRunning() && voters().every(({ id }) => id === self.id) && voters().length > 0,
		begin() {
			engine.refuseCalls(refusal);
			if (config.bootstrap) log.bootstrap({ servers: [{ ...self, voter: true }] });
			if (config.bootstrapExpect === 0) return;
			expected = awaitExpectedServers({
				expect: config.bootstrapExpect,
				servers,
				selfId: self.id,
				hasLog: () => log.state().lastIndex > 0,
				peersOf,
				begin: (configuration) => log.bootstrap(configuration),
				clock,
				logger,
			});
		},
		look() {
			nameForeign();
			expected?.look();
		},
		async stepDown() {
			if (!leadership.leads() || voters().length <= 1) return;
			try {
				await log.transferLeadership();
			} catch (error) {
				logger.warn("the leadership was not handed on", { error: errorMessage(error) });
			}
		},
		close: () => expected?.close(),
	};
}
