import { DiscoError } from "../../lib/errors.ts";
import type { Encodable } from "../../lib/json/index.ts";
import type { KvRevision } from "../rpc/index.ts";
import { indexHeaders } from "./answer-headers.ts";
import { badRequest } from "./failures.ts";
import { readOptions } from "./read-options.ts";
import { json, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

/** `/v1/kv-history/KEY`, disco's own: what a key was before, oldest first. */
export const kvHistoryRoutes: readonly Route[] = [
	{
		path: "/v1/kv-history/",
		methods: {
			GET: { permission: { resource: "key", access: "read", of: ({ item }) => item }, handle: history },
		},
	},
];

async function history(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	if (request.item === "") throw badRequest("Missing key name");
	const { kv } = endpoints;
	if (kv.history === undefined) throw new DiscoError("NO_LEADER", "no server is known", { retryable: true });
	const answer = await kv.history(request.item, readOptions(request));
	return json(answer.value.map(revisionJson), indexHeaders(answer));
}

function revisionJson(revision: KvRevision): Encodable {
	const { value } = revision;
	return {
		Key: revision.key,
		Index: revision.index,
		Deleted: value === undefined,
		Flags: revision.flags,
		Value: value === undefined || value.byteLength === 0 ? null : Buffer.from(value).toString("base64"),
		Time: new Date(revision.timeMs).toISOString(),
		Author: revision.author,
	};
}
