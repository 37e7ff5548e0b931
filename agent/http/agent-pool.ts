import { DiscoError } from "../../lib/errors.ts";
import { empty } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

/** `/v1/agent/join/ADDR` and `/v1/agent/force-leave/NODE`, for an agent that is alone in its pool. */
export const agentPoolRoutes: readonly Route[] = [
	{
		path: "/v1/agent/join/",
		methods: {
			PUT: {
				permission: { resource: "agent", access: "write", of: (_request, { config }) => config.nodeName },
				handle: (request, { local }) => {
					// An agent that is told to join itself is in its pool already.
					if (local.members().some((member) => isAddressOf(request.item, member))) return empty();
					throw new DiscoError(
						"JOIN_FAILED",
						`1 error occurred: failed to join ${request.item}: this agent is alone in its pool and cannot join another`,
					);
				},
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

/** `IP` or `IP:PORT` (`[IP]:PORT`) of the member's gossip. */
function isAddressOf(text: string, { address, port }: { readonly address: string; readonly port: number }): boolean {
	const host = address.includes(":") ? `[${address}]` : address;
	return text === address || text === `${host}:${port}`;
}

function forceLeave({ item }: ApiRequest, { local }: Context): never {
	const member = local.members().find(({ name }) => name === item);
	if (member === undefined) throw new DiscoError("MEMBER_UNKNOWN", `agent: No node found with name '${item}'`);
	throw new DiscoError("MEMBER_ALIVE", `agent: '${item}' is this agent itself, which is alive; use /v1/agent/leave`);
}
