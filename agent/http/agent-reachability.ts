import { tryParseDurationMs } from "../../lib/duration.ts";
import { DiscoError } from "../../lib/errors.ts";
import { compareUtf8 } from "../../lib/json/index.ts";
import { memberStatusNumbers } from "./agent.ts";
import { badRequest } from "./failures.ts";
import { json, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

/** Answers that come later than this are of no use to anybody. */
const timeoutMsMax = 5 * 60_000;

/** disco's own `/v1/agent/reachability`: which members hear a message of gossip and are heard. It asks every one of them. */
export const agentReachabilityRoutes: readonly Route[] = [
	{
		path: "/v1/agent/reachability",
		methods: { GET: { permission: { resource: "operator", access: "read", of: () => "" }, handle: reachability } },
	},
];

async function reachability({ query }: ApiRequest, { pool }: Context): Promise<Reply> {
	const text = query.first("timeout") ?? "";
	const timeoutMs = text === "" ? undefined : tryParseDurationMs(text);
	if (text !== "" && (timeoutMs === undefined || timeoutMs <= 0 || timeoutMs > timeoutMsMax))
		throw badRequest(`Invalid value for timeout: ${JSON.stringify(text)}; it is a duration such as 5s, at most 5m`);
	const isWan = query.has("wan") && query.first("wan") !== "";
	const asked = isWan ? pool?.wan : pool;
	if (asked === undefined)
		throw new DiscoError(
			"POOL_MISSING",
			isWan ? "this agent is not in the pool of all datacenters' servers" : "this agent is alone: it is in no pool",
		);
	const { members, unknown } = await asked.reachability(timeoutMs === undefined ? {} : { timeoutMs });
	const sorted = [...members].sort((a, b) => compareUtf8(a.member.name, b.member.name));
	return json({
		Members: sorted.map(({ member, ackMs }) => ({
			Name: member.name,
			Addr: member.address,
			Port: member.port,
			Status: memberStatusNumbers[member.status],
			AckMs: ackMs === undefined ? null : Math.round(ackMs * 1_000) / 1_000,
		})),
		Unknown: [...unknown],
	});
}
