import type { ServiceContent } from "../rpc/index.ts";
import { copiedFromService } from "./defaults.ts";
import type { CheckPlan } from "./local-agent.ts";

/** Id of the check that takes the whole node out of answers. */
export const nodeMaintenanceId = "_node_maintenance";

/** Id of the check that takes one service out of answers. */
export function serviceMaintenanceId(serviceId: string): string {
	return `_service_maintenance:${serviceId}`;
}

/**
 * The critical check that maintenance is. Texts as recorded: readers show them. Without a service it is the node's.
 */
export function maintenanceCheck(service: ServiceContent | undefined, reason: string): CheckPlan {
	const what = service === undefined ? "node" : "service";
	return {
		kind: "maintenance",
		content: {
			checkId: service === undefined ? nodeMaintenanceId : serviceMaintenanceId(service.id),
			name: service === undefined ? "Node Maintenance Mode" : "Service Maintenance Mode",
			status: "critical",
			notes:
				reason === ""
					? `Maintenance mode is enabled for this ${what}, but no reason was provided. This is a default message.`
					: reason,
			output: "",
			...(service === undefined ? { serviceId: "", serviceName: "", serviceTags: null } : copiedFromService(service)),
			type: "maintenance",
			interval: "",
			timeout: "",
			exposedPort: 0,
			definition: {},
		},
		intervalMs: 0,
		timeoutMs: 0,
		ttlMs: 0,
		successBeforePassing: 0,
		failuresBeforeWarning: 0,
		failuresBeforeCritical: 0,
		deregisterCriticalServiceAfterMs: 0,
		outputSizeBytesMax: 0,
		definition: {},
	};
}
