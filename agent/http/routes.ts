import { createMetrics } from "../../lib/metrics/index.ts";
import { aclOffRoutes } from "./acl-off.ts";
import { agentRoutes } from "./agent.ts";
import { agentCheckRoutes } from "./agent-check.ts";
import { agentHealthRoutes } from "./agent-health.ts";
import { agentHostRoutes } from "./agent-host.ts";
import { agentMetricsRoutes } from "./agent-metrics.ts";
import { agentMonitorRoutes } from "./agent-monitor.ts";
import { agentPoolRoutes } from "./agent-pool.ts";
import { agentReachabilityRoutes } from "./agent-reachability.ts";
import { agentServiceRoutes } from "./agent-service.ts";
import { catalogRoutes } from "./catalog.ts";
import { coordinateRoutes } from "./coordinate.ts";
import { eventRoutes } from "./event.ts";
import { healthRoutes } from "./health.ts";
import { kvRoutes, kvValueBytesMaxDefault } from "./kv.ts";
import { kvHistoryRoutes } from "./kv-history.ts";
import { meshRoutes } from "./mesh.ts";
import { openApiRoutes } from "./openapi.ts";
import { operatorAutopilotRoutes } from "./operator-autopilot.ts";
import { operatorKeyringRoutes } from "./operator-keyring.ts";
import { operatorRaftRoutes } from "./operator-raft.ts";
import type { HttpServerOptions, MetricsOptions } from "./options.ts";
import { queryRoutes } from "./query.ts";
import { removedRoutes } from "./removed.ts";
import type { Route } from "./route.ts";
import { sessionRoutes } from "./session.ts";
import { snapshotRoutes } from "./snapshot.ts";
import { statusRoutes } from "./status.ts";
import { txnRoutes } from "./txn.ts";
import { devRoutes, uiRoutes } from "./ui.ts";

/** Everything that is answered, family by family. */
export function routes(options: HttpServerOptions): readonly Route[] {
	const valueBytesMax = options.config.kvValueBytesMax ?? kvValueBytesMaxDefault;
	const api = [
		...agentRoutes,
		...agentServiceRoutes,
		...agentCheckRoutes,
		...agentHealthRoutes,
		...agentHostRoutes,
		...agentPoolRoutes,
		...agentReachabilityRoutes,
		...agentMonitorRoutes,
		...agentMetricsRoutes(options.metrics ?? noMetrics(options)),
		...catalogRoutes,
		...healthRoutes,
		...kvRoutes(valueBytesMax),
		...kvHistoryRoutes,
		...txnRoutes(Math.max(valueBytesMax, options.config.txnBytesMax ?? 0)),
		...sessionRoutes,
		...eventRoutes,
		...queryRoutes,
		...coordinateRoutes,
		...statusRoutes,
		...operatorRaftRoutes,
		...operatorAutopilotRoutes,
		...operatorKeyringRoutes,
		...snapshotRoutes,
		...meshRoutes,
		...aclOffRoutes,
		...removedRoutes,
	];
	return [
		...api,
		...openApiRoutes(api),
		...(options.devStatus === undefined ? [] : devRoutes(options.devStatus)),
		...(options.statusPage === undefined ? [] : uiRoutes(options.statusPage)),
	];
}

function noMetrics({ clock }: HttpServerOptions): MetricsOptions {
	return { metrics: createMetrics(clock), prefix: "consul", gaugeHost: "", prometheus: false };
}
