import type { Infer } from "../../../lib/msgpack/index.ts";
import { decodeTime, encodeTime } from "../../../lib/msgpack/index.ts";
import type { AutopilotRecord } from "../../state/index.ts";
import type { AutopilotHealth, Endpoints, OperatorEndpoints } from "../endpoints.ts";
import { autopilotDefaults } from "../operator.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import type { autopilotConfig, autopilotHealth, autopilotState } from "../wire/structs.ts";
import { askRaw, type Caller, command, readOptionsOf, writeOptionsOf } from "./caller.ts";
import { keyringClient } from "./keyring.ts";

type WireConfig = Infer<typeof autopilotConfig>;
type WireHealth = Infer<typeof autopilotHealth>;
type WireState = Infer<typeof autopilotState>;

const nanosecondsPerMs = 1e6;
/** In serf's order. */
const serfStatuses: readonly string[] = ["none", "alive", "leaving", "left", "failed"];
/** What the reference's servers say of themselves. */
const raftProtocolVersion = "3";

export function operatorClient(caller: Caller): OperatorEndpoints {
	return {
		keyring: keyringClient(caller),
		async raftConfiguration(options) {
			const { Servers, Index: index } = await askRaw(caller, methods.raftConfiguration, {}, options);
			const servers = (Servers ?? []).map(({ ID, Node, Address, Leader, Voter }) => ({
				id: ID,
				node: Node,
				address: Address,
				leader: Leader,
				voter: Voter,
			}));
			return { servers, index };
		},
		async removePeer(peer, options) {
			if ("id" in peer) await command(caller, methods.removePeerById, { ID: peer.id }, options);
			else await command(caller, methods.removePeerByAddress, { Address: peer.address }, options);
		},
		async transferLeadership(id, options) {
			await command(caller, methods.transferLeadership, { ID: id ?? "" }, options);
		},
		async autopilotConfiguration(options) {
			const config = await askRaw(caller, methods.autopilotGet, {}, options);
			// The struct tells nothing else.
			return {
				value: autopilotRecord(config),
				index: Math.max(1, config.ModifyIndex),
				knownLeader: true,
				lastContactMs: 0,
			};
		},
		async setAutopilotConfiguration(content, index, options) {
			const Config = wireConfig({
				...autopilotDefaults,
				...content,
				createIndex: 0,
				modifyIndex: index ?? 0,
			});
			const CAS = index !== undefined;
			const held = await command(caller, methods.autopilotSet, { Config, CAS }, options);
			// As with KVS.Apply, the reference answers false when there was no condition.
			return !CAS || held;
		},
		autopilotHealth: async (options) => healthOf(await askRaw(caller, methods.serverHealth, {}, options)),
	};
}

export function operatorServed({ operator }: Endpoints): ServedMethod[] {
	if (operator === undefined) return [];
	return [
		served(methods.raftConfiguration, async (argument, call) => {
			const { servers, index } = await operator.raftConfiguration(readOptionsOf(argument, call));
			const Servers = servers.map(({ id, node, address, leader, voter }) => ({
				ID: id,
				Node: node,
				Address: address,
				Leader: leader,
				Voter: voter,
				ProtocolVersion: raftProtocolVersion,
			}));
			return { Servers, Index: index };
		}),
		served(methods.removePeerById, async (argument) => {
			await operator.removePeer({ id: argument.ID }, writeOptionsOf(argument));
			return {};
		}),
		served(methods.removePeerByAddress, async (argument) => {
			await operator.removePeer({ address: argument.Address }, writeOptionsOf(argument));
			return {};
		}),
		served(methods.transferLeadership, async (argument) => {
			await operator.transferLeadership(argument.ID === "" ? undefined : argument.ID, writeOptionsOf(argument));
			return {};
		}),
		served(methods.autopilotGet, async (argument, call) =>
			wireConfig((await operator.autopilotConfiguration(readOptionsOf(argument, call))).value),
		),
		served(methods.autopilotSet, async (argument) => {
			const { createIndex: _, modifyIndex, ...content } = autopilotRecord(argument.Config);
			const index = argument.CAS ? modifyIndex : undefined;
			const held = await operator.setAutopilotConfiguration(content, index, writeOptionsOf(argument));
			return argument.CAS && held;
		}),
		served(methods.autopilotState, async (argument, call) =>
			wireState(await operator.autopilotHealth(readOptionsOf(argument, call))),
		),
		served(methods.serverHealth, async (argument, call) =>
			wireHealth(await operator.autopilotHealth(readOptionsOf(argument, call))),
		),
	];
}

function autopilotRecord(config: WireConfig): AutopilotRecord {
	return {
		cleanupDeadServers: config.CleanupDeadServers,
		lastContactThresholdMs: config.LastContactThreshold / nanosecondsPerMs,
		maxTrailingLogs: config.MaxTrailingLogs,
		minQuorum: config.MinQuorum,
		serverStabilizationTimeMs: config.ServerStabilizationTime / nanosecondsPerMs,
		redundancyZoneTag: config.RedundancyZoneTag,
		disableUpgradeMigration: config.DisableUpgradeMigration,
		upgradeVersionTag: config.UpgradeVersionTag,
		createIndex: config.CreateIndex,
		modifyIndex: config.ModifyIndex,
	};
}

function wireConfig(record: AutopilotRecord): WireConfig {
	return {
		CleanupDeadServers: record.cleanupDeadServers,
		LastContactThreshold: Math.round(record.lastContactThresholdMs * nanosecondsPerMs),
		MaxTrailingLogs: record.maxTrailingLogs,
		MinQuorum: record.minQuorum,
		ServerStabilizationTime: Math.round(record.serverStabilizationTimeMs * nanosecondsPerMs),
		RedundancyZoneTag: record.redundancyZoneTag,
		DisableUpgradeMigration: record.disableUpgradeMigration,
		UpgradeVersionTag: record.upgradeVersionTag,
		CreateIndex: record.createIndex,
		ModifyIndex: record.modifyIndex,
	};
}

function wireHealth({ healthy, failureTolerance, servers }: AutopilotHealth): WireHealth {
	return {
		Healthy: healthy,
		FailureTolerance: failureTolerance,
		Servers: servers.map((server) => ({
			ID: server.id,
			Name: server.node,
			Address: server.address,
			SerfStatus: Math.max(0, serfStatuses.indexOf(server.serfStatus)),
			Version: server.version,
			Leader: server.leader,
			LastContact: Math.round(server.lastContactMs * nanosecondsPerMs),
			LastTerm: server.lastTerm,
			LastIndex: server.lastIndex,
			Healthy: server.healthy,
			Voter: server.voter,
			StableSince: wireTime(server.stableSinceMs),
		})),
	};
}

function wireState({ healthy, failureTolerance, servers }: AutopilotHealth): WireState {
	return {
		Healthy: healthy,
		FailureTolerance: failureTolerance,
		Leader: servers.find(({ leader }) => leader)?.id ?? "",
		Voters: servers.filter(({ voter }) => voter).map(({ id }) => id),
		Servers: Object.fromEntries(
			servers.map((server) => [
				server.id,
				{
					Server: {
						ID: server.id,
						Name: server.node,
						Address: server.address,
						NodeStatus: server.serfStatus,
						Version: server.version,
						Meta: {},
						RaftVersion: Number(raftProtocolVersion),
						IsLeader: server.leader,
						NodeType: server.voter ? "voter" : "read-replica",
					},
					State: server.leader ? "leader" : server.voter ? "voter" : "non-voter",
					Stats: {
						LastContact: Math.round(server.lastContactMs * nanosecondsPerMs),
						LastTerm: server.lastTerm,
						LastIndex: server.lastIndex,
					},
					Health: { Healthy: server.healthy, StableSince: wireTime(server.stableSinceMs) },
				},
			]),
		),
	};
}

function wireTime(timeMs: number): Uint8Array {
	return encodeTime(BigInt(Math.round(timeMs)) * 1_000_000n);
}

function healthOf({ Healthy, FailureTolerance, Servers }: WireHealth): AutopilotHealth {
	return {
		healthy: Healthy,
		failureTolerance: FailureTolerance,
		servers: (Servers ?? []).map((server) => ({
			id: server.ID,
			node: server.Name,
			address: server.Address,
			serfStatus: serfStatuses[server.SerfStatus] ?? "none",
			version: server.Version,
			leader: server.Leader,
			lastContactMs: server.LastContact / nanosecondsPerMs,
			lastTerm: server.LastTerm,
			lastIndex: server.LastIndex,
			healthy: server.Healthy,
			voter: server.Voter,
			stableSinceMs: server.StableSince === null ? 0 : millisecondsOf(decodeTime(server.StableSince)),
		})),
	};
}

function millisecondsOf(nanoseconds: bigint | undefined): number {
	return Number((nanoseconds ?? 0n) / 1_000_000n);
}
