import { DiscoError } from "../../lib/errors.ts";
import type { Encodable } from "../../lib/json/index.ts";
import { compareUtf8, encodeJson } from "../../lib/json/index.ts";
import type { AgentMemberRecord, LocalAgent, LocalCheck, LocalService } from "../local/index.ts";
import { badRequest } from "./failures.ts";
import { applyFilter, filterOf, lazyFilterOf } from "./filtering.ts";
import { enableOf } from "./parameters.ts";
import { empty, json, jsonMembers, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";
import { addressesJson, checkContentJson, mapJson, weightsJson } from "./shapes.ts";
import { mayReadNode, mayReadService, visible } from "./visible.ts";

const ownNode = (_request: ApiRequest, { config }: Context) => config.nodeName;

/** `/v1/agent/...` of the agent itself: never forwarded, no index. */
export const agentRoutes: readonly Route[] = [
	{
		path: "/v1/agent/self",
		methods: {
			GET: {
				permission: { resource: "agent", access: "read", of: ownNode },
				handle: (_request, context) => json(context.self() as Encodable),
			},
		},
	},
	{ path: "/v1/agent/members", methods: { GET: { permission: "filtered", handle: members } } },
	{ path: "/v1/agent/services", methods: { GET: { permission: "filtered", handle: services } } },
	{ path: "/v1/agent/checks", methods: { GET: { permission: "filtered", handle: checks } } },
	{
		path: "/v1/agent/maintenance",
		methods: { PUT: { permission: { resource: "node", access: "write", of: ownNode }, handle: maintenance } },
	},
	{
		path: "/v1/agent/reload",
		methods: {
			PUT: {
				permission: { resource: "agent", access: "write", of: ownNode },
				handle: async (_request, context) => {
					await context.reload();
					return empty();
				},
			},
		},
	},
	{
		path: "/v1/agent/leave",
		methods: {
			PUT: {
				permission: { resource: "agent", access: "write", of: ownNode },
				handle: (_request, context) => {
					context.leaveSoon();
					return empty();
				},
			},
		},
	},
];

function members(request: ApiRequest, { local, config, pool: gossip }: Context): Reply {
	const wan = request.query.has("wan") && request.query.first("wan") !== "";
	const segment = request.query.first("segment") ?? "";
	if (wan && segment !== "") throw badRequest("Cannot provide a segment with wan=true");
	if (segment !== "" && segment !== "_all") {
		throw new DiscoError("SEGMENTS_UNSUPPORTED", "Network segments are not supported");
	}
	// Only servers are in the pool of all datacenters.
	if (wan && local.members()[0]?.tags["role"] !== "consul") return json(null);
	const pool = wan ? (gossip?.wan?.members() ?? loneWanMembers(local, config.datacenter)) : local.members();
	const shown = visible(request, pool, (member) => mayReadNode(request)({ node: member.name }));
	return json(shown.map(memberJson));
}

/** Servers as the pool of all datacenters would show them, of an agent that is not in it: there they have another port. */
function loneWanMembers(local: LocalAgent, datacenter: string): AgentMemberRecord[] {
	return local.members().flatMap((member) => {
		const port = member.tags["wan_join_port"];
		return port === undefined ? [] : [{ ...member, name: `${member.name}.${datacenter}`, port: Number(port) }];
	});
}

/** Of a member in the API. */
export const memberStatusNumbers: Readonly<Record<AgentMemberRecord["status"], number>> = {
	alive: 1,
	leaving: 2,
	left: 3,
	failed: 4,
};

function memberJson(member: AgentMemberRecord): Encodable {
	const [ProtocolMin = 1, ProtocolMax = 5, ProtocolCur = 2, DelegateMin = 2, DelegateMax = 5, DelegateCur = 4] =
		member.versions ?? [];
	return {
		Name: member.name,
		Addr: member.address,
		Port: member.port,
		Tags: mapJson(member.tags),
		Status: memberStatusNumbers[member.status],
		ProtocolMin,
		ProtocolMax,
		ProtocolCur,
		DelegateMin,
		DelegateMax,
		DelegateCur,
	};
}

function services(request: ApiRequest, { local, config }: Context): Reply {
	const filter = filterOf(request, "agent-service");
	const all = [...local.services()].sort(([a], [b]) => compareUtf8(a, b));
	const readable = visible(request, all, ([, { content }]) => mayReadService(request)(content.service));
	const shape = ([, service]: readonly [string, LocalService]) => agentServiceJson(service, config.datacenter);
	return memberReply(applyFilter(filter, readable, shape), shape);
}

function checks(request: ApiRequest, { local, config }: Context): Reply {
	const filter = lazyFilterOf(request, "check");
	const all = [...local.checks()].sort(([a], [b]) => compareUtf8(a, b));
	const readable = visible(request, all, ([, { content }]) =>
		content.serviceName === ""
			? mayReadNode(request)({ node: config.nodeName })
			: mayReadService(request)(content.serviceName),
	);
	const shape = ([, { content }]: readonly [string, LocalCheck]) => checkContentJson(content, config.nodeName, 0, 0);
	return memberReply(applyFilter(filter, readable, shape), shape);
}

function memberReply<Value>(
	entries: readonly (readonly [string, Value])[],
	shape: (entry: readonly [string, Value]) => Encodable,
): Reply {
	const encode = (entry: readonly [string, Value], pretty: boolean) =>
		`${encodeJson(entry[0])}${pretty ? ": " : ":"}${encodeJson(shape(entry), pretty, 1)}`;
	return jsonMembers(entries, encode, { headers: {} });
}

/** A service as the agent shows it: empty instead of null, and always with its datacenter. */
export function agentServiceJson(
	{ content }: LocalService,
	datacenter: string,
	contentHash?: string,
): { readonly [field: string]: Encodable | undefined } {
	const addresses = content.taggedAddresses;
	return {
		...(content.kind === "" ? {} : { Kind: content.kind }),
		ID: content.id,
		Service: content.service,
		Tags: content.tags ?? [],
		Meta: mapJson(content.meta ?? {}),
		Port: content.port,
		Address: content.address,
		...(addresses === null || Object.keys(addresses).length === 0 ? {} : { TaggedAddresses: addressesJson(addresses) }),
		Weights: weightsJson(content.weights),
		EnableTagOverride: content.enableTagOverride,
		ContentHash: contentHash,
		Datacenter: datacenter,
	};
}

async function maintenance(request: ApiRequest, { local }: Context): Promise<Reply> {
	const enable = enableOf(request);
	await local.nodeMaintenance(enable, request.query.first("reason") ?? "", request.token);
	return empty();
}
