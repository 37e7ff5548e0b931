import { family } from "./families.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { empty, type Reply, stream } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

const permission = { resource: "acl", access: "write", of: () => "" } as const;

/** `/v1/snapshot`: the whole state as an archive, and back. Both ways piece by piece, whatever its size. */
export const snapshotRoutes: readonly Route[] = [
	{
		path: "/v1/snapshot",
		streamsBody: true,
		methods: { GET: { permission, handle: save }, PUT: { permission, handle: restore } },
	},
];

async function save(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const { archive, index } = await family(endpoints, "snapshot").save(readOptions(request));
	return stream(archive, "application/x-gzip", {
		"X-Consul-Index": String(Math.max(1, index)),
		"X-Consul-Knownleader": "true",
		"X-Consul-Lastcontact": "0",
		"X-Consul-Query-Backend": "blocking-query",
	});
}

/** All or nothing: a damaged archive is refused and changes nothing. */
async function restore(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	await family(endpoints, "snapshot").restore(request.bodyStream, writeOptions(request));
	return empty();
}
