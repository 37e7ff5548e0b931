import { DiscoError } from "../../lib/errors.ts";
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

async function join({ item }: ApiRequest, { local, pool }: Context): Promise<Reply> {
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

async function forceLeave({ item, query }: ApiRequest, { local, pool }: Context): Promise<Reply> {
	const [self] = local.members();
	const member = local.members().find(({ name }) => name === item);
	if (member === undefined) throw new DiscoError("MEMBER_UNKNOWN", `agent: No node found with name '${item}'`);
	if (member === self || pool === undefined)
		throw new DiscoError("MEMBER_ALIVE", `agent: '${item}' is this agent itself, which is alive; use /v1/agent/leave`);
	await pool.forceLeave(item, { prune: query.has("prune") });
	return empty();
}
