import { parseJson, read, readAnswer } from "./read.ts";
import { type CallOptions, type QueryValue, type Requester, v1 } from "./request.ts";
import { write, writeJson } from "./write.ts";

/** A server of the replicated log. */
export interface RaftServer {
	readonly ID: string;
	readonly Node: string;
	/** `address:port`. */
	readonly Address: string;
	readonly Leader: boolean;
	readonly ProtocolVersion: string;
	readonly Voter: boolean;
}

/** The servers with the log index at which they became these. */
export interface RaftConfiguration {
	readonly Servers: readonly RaftServer[];
	readonly Index: number;
}

/** How servers are looked after. Durations are Go texts. */
export interface AutopilotConfiguration {
	readonly CleanupDeadServers: boolean;
	readonly LastContactThreshold: string;
	readonly MaxTrailingLogs: number;
	readonly MinQuorum: number;
	readonly ServerStabilizationTime: string;
	readonly RedundancyZoneTag: string;
	readonly DisableUpgradeMigration: boolean;
	readonly UpgradeVersionTag: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** A server's health. `LastContact` is a Go duration, `StableSince` is RFC 3339. */
interface AutopilotServer {
	readonly ID: string;
	readonly Name: string;
	readonly Address: string;
	readonly Version: string;
	readonly LastContact: string;
	readonly LastTerm: number;
	readonly LastIndex: number;
	readonly Healthy: boolean;
	readonly StableSince: string;
}

export interface AutopilotHealth {
	readonly Healthy: boolean;
	/** So many healthy servers may fail without loss of the quorum. */
	readonly FailureTolerance: number;
	readonly Servers: readonly (AutopilotServer & {
		readonly SerfStatus: string;
		readonly Leader: boolean;
		readonly Voter: boolean;
	})[];
}

export interface AutopilotState {
	readonly Healthy: boolean;
	readonly FailureTolerance: number;
	readonly OptimisticFailureTolerance: number;
	/** By server id. */
	readonly Servers: Readonly<
		Record<
			string,
			AutopilotServer & {
				readonly NodeStatus: string;
				readonly ReadReplica: boolean;
				readonly Status: string;
				readonly Meta: Readonly<Record<string, string>> | null;
				readonly NodeType: string;
			}
		>
	>;
	/** A server id. */
	readonly Leader: string;
	readonly Voters: readonly string[];
}

/** The gossip keys of one pool. */
export interface Keyring {
	readonly WAN: boolean;
	readonly Datacenter: string;
	readonly Segment: string;
	/** What a member said that failed, by its name. */
	readonly Messages?: Readonly<Record<string, string>>;
	/** How many members have each key. */
	readonly Keys: Readonly<Record<string, number>> | null;
	/** How many members encrypt with each key. */
	readonly PrimaryKeys: Readonly<Record<string, number>> | null;
	readonly NumNodes: number;
}

type Stale = CallOptions & { readonly stale?: boolean };
type Relayed = CallOptions & {
	/** How many others pass on each answer, 0 to 5. */
	readonly relayFactor?: number;
};

/** `/v1/operator`: the servers and the gossip keys. */
export interface OperatorClient {
	raftConfiguration(options?: Stale): Promise<RaftConfiguration>;
	/** Takes a server that is gone for good out of the votes. */
	removeRaftPeer(peer: { readonly id: string } | { readonly address: string }, options?: CallOptions): Promise<void>;
	/** Resolves when the server with this id, or without one the best, leads; disco and later versions of Consul. */
	transferRaftLeader(id?: string, options?: CallOptions): Promise<void>;
	/** Consul 1.15 and disco: another voter leads from now on, the one named or any. */
	transferLeadership(options?: CallOptions & { readonly id?: string }): Promise<void>;
	autopilotConfiguration(options?: Stale): Promise<AutopilotConfiguration>;
	/** Fields that are left out get their defaults. Whether it was written: false when `cas` is not its ModifyIndex. */
	setAutopilotConfiguration(
		configuration: Partial<AutopilotConfiguration>,
		options?: CallOptions & { readonly cas?: number },
	): Promise<boolean>;
	/** An unhealthy cluster is an answer, not an error. */
	autopilotHealth(options?: CallOptions): Promise<AutopilotHealth>;
	autopilotState(options?: Stale): Promise<AutopilotState>;
	/** The keys of every pool; `localOnly` asks only this data center's servers. */
	keyrings(options?: Relayed & { readonly localOnly?: boolean }): Promise<readonly Keyring[]>;
	/** Gives every member the key (base64 of 16, 24 or 32 bytes), without using it yet. */
	installKey(key: string, options?: Relayed): Promise<void>;
	/** Encrypts with a key that every member has. */
	useKey(key: string, options?: Relayed): Promise<void>;
	/** Takes a key that is not in use from every member. */
	removeKey(key: string, options?: Relayed): Promise<void>;
}

export function createOperatorClient(requester: Requester): OperatorClient {
	const operator = (...segments: readonly string[]) => v1("operator", ...segments);
	const get = async <T>(path: string, options: Stale = {}, query?: Readonly<Record<string, QueryValue>>) =>
		(await read<T>(requester, path, options.stale === true ? { ...options, consistency: "stale" } : options, query))
			.value;
	const changeKey = (method: "POST" | "PUT" | "DELETE") => (key: string, options?: Relayed) =>
		write(requester, operator("keyring"), options, {
			method,
			json: { Key: key },
			query: { "relay-factor": options?.relayFactor },
		});
	return {
		raftConfiguration: (options) => get(operator("raft", "configuration"), options),
		removeRaftPeer: (peer, options) =>
			write(requester, operator("raft", "peer"), options, { method: "DELETE", query: { ...peer } }),
		transferRaftLeader: (id, options) =>
			write(requester, operator("raft", "transfer-leader"), options, { method: "POST", query: { id } }),
		transferLeadership: (options) =>
			write(requester, operator("raft", "transfer-leader"), options, { method: "POST", query: { id: options?.id } }),
		autopilotConfiguration: (options) => get(operator("autopilot", "configuration"), options),
		setAutopilotConfiguration: (configuration, options) =>
			writeJson(requester, operator("autopilot", "configuration"), options, {
				json: configuration,
				query: { cas: options?.cas },
			}),
		async autopilotHealth(options = {}) {
			const path = operator("autopilot", "health");
			// 429 is how the agent says that it is unhealthy; the body is the same.
			const { body } = await readAnswer(requester, path, options, {}, 429);
			return parseJson<AutopilotHealth>(body.toString("utf8"), path);
		},
		autopilotState: (options) => get(operator("autopilot", "state"), options),
		keyrings: (options) =>
			get(operator("keyring"), options, {
				"relay-factor": options?.relayFactor,
				"local-only": options?.localOnly === true ? "true" : undefined,
			}),
		installKey: changeKey("POST"),
		useKey: changeKey("PUT"),
		removeKey: changeKey("DELETE"),
	};
}
