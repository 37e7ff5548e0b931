import { json } from "./reply.ts";
import type { Route } from "./route.ts";

/** `/v1/status/leader` and `/v1/status/peers`: no token, no index. */
export const statusRoutes: readonly Route[] = [
	{
		path: "/v1/status/leader",
		methods: {
			GET: {
				permission: "open",
				handle: async ({ query }, { endpoints }) => json(await endpoints.status.leader(query.first("dc"))),
			},
		},
	},
	{
		path: "/v1/status/peers",
		methods: {
			GET: {
				permission: "open",
				handle: async ({ query }, { endpoints }) => json(await endpoints.status.peers(query.first("dc"))),
			},
		},
	},
];
