import { badRequest } from "./failures.ts";
import { family } from "./families.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { empty, json, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

/** `/v1/operator/raft/...`: which servers agree on the log. */
export const operatorRaftRoutes: readonly Route[] = [
	{
		path: "/v1/operator/raft/configuration",
		methods: {
			GET: { permission: { resource: "operator", access: "read", of: () => "" }, handle: configuration },
		},
	},
	{
		path: "/v1/operator/raft/peer",
		methods: {
			DELETE: { permission: { resource: "operator", access: "write", of: () => "" }, handle: removePeer },
		},
	},
	{
		path: "/v1/operator/raft/transfer-leader",
		methods: {
			POST: { permission: { resource: "operator", access: "write", of: () => "" }, handle: transferLeader },
		},
	},
];

async function configuration(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const { servers, index } = await family(endpoints, "operator").raftConfiguration(readOptions(request));
	return json({
		Servers: servers.map(({ id, node, address, leader, voter }) => ({
			ID: id,
			Node: node,
			Address: address,
			Leader: leader,
			ProtocolVersion: "3",
			Voter: voter,
		})),
		Index: index,
	});
}

async function removePeer(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const id = request.query.first("id") ?? "";
	const address = request.query.first("address") ?? "";
	if (id === "" && address === "") {
		throw badRequest("Must specify either ?id with the server's ID or ?address with IP:port of peer to remove");
	}
	if (id !== "" && address !== "") throw badRequest("Must specify only one of ?id or ?address");
	await family(endpoints, "operator").removePeer(id === "" ? { address } : { id }, writeOptions(request));
	return empty();
}

/** As in later versions of the reference. */
async function transferLeader(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const id = request.query.first("id") ?? "";
	await family(endpoints, "operator").transferLeadership(id === "" ? undefined : id, writeOptions(request));
	return json({ Success: true });
}
