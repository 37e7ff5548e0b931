import { DiscoError } from "../../lib/errors.ts";
import type { LocalAgent, MemberPool, WanPool } from "../local/index.ts";
import { empty, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

/** `/v1/agent/join/ADDR` and `/v1/agent/force-leave/NODE`. */
export const agentPoolRoutes: readonly Route[] = [
	{
		path: "/v1/agent/join/",
		methods: {
			PUT: {
				permission: { resource: "agent", access: "write", of: (_request, { config }) => config.nodeName },
				handle: join,
			},
		},
	},
	{
		path: "/v1/agent/force-leave/",
		methods: {
			PUT: {
				permission: { resource: "operator", access: "write", of: () => "" },
				handle: forceLeave,
			},
		},
	},
];

async function join({ item, query }: ApiRequest, { local, pool }: Context): Promise<Reply> {
	if (query.has("wan")) {
		await wanPool({ local, pool }, "Must be a server to join WAN cluster").join(item);
		return empty();
	}
	// An agent that is told to join itself is in its pool already.
	if (
		local
			.members()
			.slice(0, 1)
			.some((member) => isAddressOf(item, member))
	)
		return empty();
	if (pool === undefined)
		throw new DiscoError(
			"JOIN_FAILED",
			`1 error occurred: failed to join ${item}: this agent is alone in its pool and cannot join another`,
		);
	await pool.join(item);
	return empty();
}

/** `IP` or `IP:PORT` (`[IP]:PORT`) of the member's gossip. */
function isAddressOf(text: string, { address, port }: { readonly address: string; readonly port: number }): boolean {
	const host = address.includes(":") ? `[${address}]` : address;
	return text === address || text === `${host}:${port}`;
}

/** Fails on an agent that is no server, in the reference's words, and on one without that pool. */
function wanPool({ local, pool }: { local: LocalAgent; pool: MemberPool | undefined }, noServer: string): WanPool {
	const [self] = local.members();
	if (self?.tags["role"] !== "consul") throw new DiscoError("WAN_POOL_MISSING", noServer);
	if (pool?.wan !== undefined) return pool.wan;
	throw new DiscoError(
		"WAN_POOL_MISSING",
		"this server is in no pool of all datacenters' servers: it has no port for it (ports.serf_wan)",
	);
}

async function forceLeave({ item, query }: ApiRequest, { local, pool }: Context): Promise<Reply> {
	const prune = query.has("prune");
	if (query.has("wan")) {
		const text = "Must be a server to force-leave a node from the WAN cluster";
		await wanPool({ local, pool }, text).forceLeave(item, { prune });
		return empty();
	}
	const [self] = local.members();
	const member = local.members().find(({ name }) => name === item);
	if (member === undefined) throw new DiscoError("MEMBER_UNKNOWN", `agent: No node found with name '${item}'`);
	if (member === self || pool === undefined)
		throw new DiscoError("MEMBER_ALIVE", `agent: '${item}' is this agent itself, which is alive; use /v1/agent/leave`);
	await pool.forceLeave(item, { prune });
	return empty();
}
