import { formatDuration } from "../../lib/duration.ts";
import { errorMessage } from "../../lib/errors.ts";
import { anything, boolean, durationMs, integer, objectOf, text } from "../../lib/json/index.ts";
import type { AutopilotContent, ServerHealth } from "../rpc/index.ts";
import { decodeBodyOr } from "./decode-body.ts";
import { badRequest } from "./failures.ts";
import { family } from "./families.ts";
import { parseUint64 } from "./numbers.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { json, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Route } from "./route.ts";

const read = { resource: "operator", access: "read", of: () => "" } as const;
const write = { resource: "operator", access: "write", of: () => "" } as const;

const configurationObject = objectOf({
	CleanupDeadServers: boolean,
	LastContactThreshold: durationMs,
	MaxTrailingLogs: integer,
	MinQuorum: integer,
	ServerStabilizationTime: durationMs,
	RedundancyZoneTag: text,
	DisableUpgradeMigration: boolean,
	UpgradeVersionTag: text,
	CreateIndex: anything,
	ModifyIndex: anything,
});

/** `/v1/operator/autopilot/...`: how the servers look after each other. */
export const operatorAutopilotRoutes: readonly Route[] = [
	{
		path: "/v1/operator/autopilot/configuration",
		methods: {
			GET: { permission: read, handle: configuration },
			PUT: { permission: write, handle: setConfiguration, body: configurationObject },
		},
	},
	{ path: "/v1/operator/autopilot/health", methods: { GET: { permission: read, handle: health } } },
	{ path: "/v1/operator/autopilot/state", methods: { GET: { permission: read, handle: state } } },
];

async function configuration(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const { value } = await family(endpoints, "operator").autopilotConfiguration(readOptions(request));
	return json({
		CleanupDeadServers: value.cleanupDeadServers,
		LastContactThreshold: formatDuration(value.lastContactThresholdMs),
		MaxTrailingLogs: value.maxTrailingLogs,
		MinQuorum: value.minQuorum,
		ServerStabilizationTime: formatDuration(value.serverStabilizationTimeMs),
		RedundancyZoneTag: value.redundancyZoneTag,
		DisableUpgradeMigration: value.disableUpgradeMigration,
		UpgradeVersionTag: value.upgradeVersionTag,
		CreateIndex: value.createIndex,
		ModifyIndex: value.modifyIndex,
	});
}

/** What is left out is zero, not what it was. */
async function setConfiguration(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const fields = decodeBodyOr("Error parsing autopilot config", bodyText(request), configurationObject);
	const content: AutopilotContent = {
		cleanupDeadServers: fields.CleanupDeadServers ?? false,
		lastContactThresholdMs: fields.LastContactThreshold ?? 0,
		maxTrailingLogs: fields.MaxTrailingLogs ?? 0,
		minQuorum: fields.MinQuorum ?? 0,
		serverStabilizationTimeMs: fields.ServerStabilizationTime ?? 0,
		redundancyZoneTag: fields.RedundancyZoneTag ?? "",
		disableUpgradeMigration: fields.DisableUpgradeMigration ?? false,
		upgradeVersionTag: fields.UpgradeVersionTag ?? "",
	};
	const index = casOf(request);
	return json(await family(endpoints, "operator").setAutopilotConfiguration(content, index, writeOptions(request)));
}

function casOf({ query }: ApiRequest): number | undefined {
	if (!query.has("cas")) return undefined;
	try {
		return Number(parseUint64(query.first("cas") ?? "", "cas"));
	} catch (error) {
		throw badRequest(`Error parsing cas value: ${errorMessage(error)}`);
	}
}

/** 429 when something is wrong, so that a load balancer's check needs no JSON. */
async function health(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const found = await family(endpoints, "operator").autopilotHealth(readOptions(request));
	const body = {
		Healthy: found.healthy,
		FailureTolerance: found.failureTolerance,
		Servers: found.servers.map((server) => ({
			ID: server.id,
			Name: server.node,
			Address: server.address,
			SerfStatus: server.serfStatus,
			Version: server.version,
			Leader: server.leader,
			LastContact: formatDuration(server.lastContactMs),
			LastTerm: server.lastTerm,
			LastIndex: server.lastIndex,
			Healthy: server.healthy,
			Voter: server.voter,
			StableSince: new Date(server.stableSinceMs).toISOString().replace(/\.\d+Z$/, "Z"),
		})),
	};
	return json(body, {}, found.healthy ? 200 : 429);
}

/** Who wants no vote is told by gossip. */
async function state(request: ApiRequest, { endpoints, local }: Context): Promise<Reply> {
	const found = await family(endpoints, "operator").autopilotHealth(readOptions(request));
	const leader = found.servers.find((server) => server.leader);
	const replicaIds = new Set(
		local
			.members()
			.filter(({ tags }) => tags["read_replica"] !== undefined)
			.map(({ tags }) => tags["id"]),
	);
	const replicas = found.servers.filter(({ id }) => replicaIds.has(id)).map(({ id }) => id);
	return json({
		Healthy: found.healthy,
		FailureTolerance: found.failureTolerance,
		OptimisticFailureTolerance: found.failureTolerance,
		Servers: new Map(found.servers.map((server) => [server.id, serverStateJson(server, replicaIds.has(server.id))])),
		Leader: leader?.id ?? "",
		Voters: found.servers.filter(({ voter }) => voter).map(({ id }) => id),
		...(replicas.length === 0 ? {} : { ReadReplicas: replicas }),
	});
}

function serverStateJson(server: ServerHealth, isReplica: boolean) {
	return {
		ID: server.id,
		Name: server.node,
		Address: server.address,
		NodeStatus: server.serfStatus,
		Version: server.version,
		LastContact: formatDuration(server.lastContactMs),
		LastTerm: server.lastTerm,
		LastIndex: server.lastIndex,
		Healthy: server.healthy,
		StableSince: new Date(server.stableSinceMs).toISOString(),
		ReadReplica: isReplica,
		Status: server.leader ? "leader" : server.voter ? "voter" : "non-voter",
		Meta: new Map<string, string>(),
		NodeType: isReplica ? "read-replica" : "voter",
	} as const;
}
