import { agentRoutes } from "./agent.ts";
import { agentCheckRoutes } from "./agent-check.ts";
import { agentHealthRoutes } from "./agent-health.ts";
import { agentHostRoutes } from "./agent-host.ts";
import { agentPoolRoutes } from "./agent-pool.ts";
import { agentServiceRoutes } from "./agent-service.ts";
import { catalogRoutes } from "./catalog.ts";
import { healthRoutes } from "./health.ts";
import { kvRoutes, kvValueBytesMaxDefault } from "./kv.ts";
import type { HttpServerOptions } from "./options.ts";
import { removedRoutes } from "./removed.ts";
import type { Route } from "./route.ts";
import { sessionRoutes } from "./session.ts";
import { statusRoutes } from "./status.ts";
import { devRoutes, uiRoutes } from "./ui.ts";

/** Everything that is answered, family by family. */
export function routes(options: HttpServerOptions): readonly Route[] {
	return [
		...agentRoutes,
		...agentServiceRoutes,
		...agentCheckRoutes,
		...agentHealthRoutes,
		...agentHostRoutes,
		...agentPoolRoutes,
		...catalogRoutes,
		...healthRoutes,
		...kvRoutes(options.config.kvValueBytesMax ?? kvValueBytesMaxDefault),
		...sessionRoutes,
		...statusRoutes,
		...removedRoutes,
		...(options.devStatus === undefined ? [] : devRoutes(options.devStatus)),
		...(options.statusPage === undefined ? [] : uiRoutes(options.statusPage)),
	];
}
