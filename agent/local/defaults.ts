import { DiscoError } from "../../lib/errors.ts";
import type { CheckContent, ServiceAddress, ServiceContent } from "../rpc/index.ts";
import type { CheckPlan } from "./local-agent.ts";

/** Longest check output that is kept, in bytes, when the check sets none (`check_output_max_size`). */
export const outputSizeBytesDefault = 4096;

/**
 * A service as the agent keeps it: its id always there, and an IP address repeated as tagged addresses of its
 * family. Recorded: the added ones never replace given ones.
 */
export function completeService(service: ServiceContent): ServiceContent {
	if (service.service === "") throw new DiscoError("SERVICE_INVALID", "service has no name; set Name");
	if (service.address === "0.0.0.0" || service.address === "::" || service.address === "[::]") {
		throw new DiscoError(
			"SERVICE_INVALID",
			`service "${service.service}": address ${service.address} is every address; give one that clients can reach`,
		);
	}
	return Object.freeze({
		...service,
		id: service.id === "" ? service.service : service.id,
		taggedAddresses: taggedAddresses(service),
	});
}

function taggedAddresses(service: ServiceContent): Readonly<Record<string, ServiceAddress>> | null {
	const family = addressFamily(service.address);
	if (family === undefined) return service.taggedAddresses;
	const own = { address: service.address, port: service.port };
	return { [`lan_${family}`]: own, [`wan_${family}`]: own, ...service.taggedAddresses };
}

/** `ipv4`, `ipv6`, or undefined for a host name and for nothing. */
function addressFamily(address: string): "ipv4" | "ipv6" | undefined {
	if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(address)) return "ipv4";
	return /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(address) ? "ipv6" : undefined;
}

/**
 * Checks of a service with their ids, names and what they copy from the service. One check is `service:ID`, several are
 * `service:ID:N` counted from 1; a given id keeps its place in the count (recorded).
 */
export function completeServiceChecks(plans: readonly CheckPlan[], service: ServiceContent): CheckPlan[] {
	return plans.map((plan, index) => {
		const ownId = plans.length === 1 ? `service:${service.id}` : `service:${service.id}:${index + 1}`;
		return withContent(plan, {
			checkId: plan.content.checkId === "" ? ownId : plan.content.checkId,
			name: plan.content.name === "" ? `Service '${service.service}' check` : plan.content.name,
			...copiedFromService(service),
		});
	});
}

/** A check that was registered by itself: its id is its name unless given. `service` is the one it belongs to, if any. */
export function completeCheck(plan: CheckPlan, service: ServiceContent | undefined): CheckPlan {
	const { checkId, name } = plan.content;
	if (name === "" && checkId === "") throw new DiscoError("CHECK_INVALID", "check has no name; set Name");
	return withContent(plan, {
		checkId: checkId === "" ? name : checkId,
		...(service === undefined ? { serviceId: "", serviceName: "", serviceTags: null } : copiedFromService(service)),
	});
}

/** What a check shows of its service; renewed when the service is registered again. */
export function copiedFromService(
	service: ServiceContent,
): Pick<CheckContent, "serviceId" | "serviceName" | "serviceTags"> {
	return { serviceId: service.id, serviceName: service.service, serviceTags: service.tags };
}

function withContent(plan: CheckPlan, change: Partial<CheckContent>): CheckPlan {
	return Object.freeze({ ...plan, content: Object.freeze({ ...plan.content, ...change }) });
}

/**
 * An output that fits the limit; what was cut is told at its end. Recorded of reports to TTL checks: the first bytes are kept.
 */
export function limitOutput(output: string, sizeBytesMax: number): string {
	// One UTF-16 unit is at most three bytes: most outputs need no encoding to be known small.
	if (output.length * 3 <= sizeBytesMax) return output;
	const bytes = new TextEncoder().encode(output);
	if (bytes.length <= sizeBytesMax) return output;
	const kept = new TextDecoder().decode(bytes.subarray(0, sizeBytesMax));
	return `${kept} ... (captured ${sizeBytesMax} of ${bytes.length} bytes)`;
}
