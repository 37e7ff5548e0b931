import { checkDatacenter } from "./parameters.ts";
import { json } from "./reply.ts";
import type { Route } from "./route.ts";

/** `/v1/status/leader` and `/v1/status/peers`: no token, no index. */
export const statusRoutes: readonly Route[] = [
	{
		path: "/v1/status/leader",
		methods: {
			GET: {
				permission: "open",
				handle: async (request, context) => {
					checkDatacenter(request, context);
					return json(await context.endpoints.status.leader());
				},
			},
		},
	},
	{
		path: "/v1/status/peers",
		methods: {
			GET: {
				permission: "open",
				handle: async (request, context) => {
					checkDatacenter(request, context);
					return json(await context.endpoints.status.peers());
				},
			},
		},
	},
];
