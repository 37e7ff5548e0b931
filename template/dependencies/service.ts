import type { HealthCheck, ServiceEntry } from "../../lib/api/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { answered, type Dependency, withDatacenter } from "./dependency.ts";
import { byFields, sortedTexts } from "./order.ts";
import { dependencyId, grammarOf, marked, matchArgument, pieces } from "./query-text.ts";
import type { CheckRecord, ServiceInstanceRecord, ServiceStatus } from "./records.ts";

const grammar = grammarOf(pieces.tag, pieces.serviceName, pieces.query, pieces.datacenter, pieces.near, pieces.filter);

const statuses: readonly string[] = ["any", "passing", "warning", "critical", "maintenance"];

/**
 * The instances of a service in the wanted states (passing unless the filter says otherwise), by node and id, or by round trip
 * with `~NEAR`. Error: `DEPENDENCY_FORMAT`.
 */
export function serviceDependency(text: string): Dependency {
	return healthDependency("service", text);
}

/** The same for the endpoints that speak for a service in a mesh; empty where there is none. Error: `DEPENDENCY_FORMAT`. */
export function connectDependency(text: string): Dependency {
	return healthDependency("connect", text);
}

function healthDependency(kind: "service" | "connect", text: string): Dependency {
	const query = parseServiceQuery(text);
	return {
		id: dependencyId(`health.${kind}`, queryText(query)),
		async fetch({ client }, options) {
			const how = {
				...withDatacenter(options, query.datacenter),
				...(query.tag === undefined ? {} : { tags: [query.tag] }),
				...(query.near === undefined ? {} : { near: query.near }),
				// Only exactly this filter can be left to the API: maintenance counts as critical there.
				passing: query.wanted.join() === "passing",
			};
			const answer = await (kind === "service"
				? client.health.service(query.name, how)
				: // An agent without a mesh has no such endpoint, hence nobody who speaks for a service.
					client.health.connect(query.name, how));
			return answered(answer, instancesOf(answer.value ?? [], query));
		},
	};
}

interface ServiceQuery {
	readonly tag?: string | undefined;
	readonly name: string;
	readonly datacenter?: string | undefined;
	readonly near?: string | undefined;
	/** Sorted, without doubles. */
	readonly wanted: readonly string[];
}

function parseServiceQuery(text: string): ServiceQuery {
	const { tag, name = "", datacenter, near, filter } = matchArgument(grammar, text, "health.service");
	return { tag, name, datacenter, near, wanted: parseFilter(filter, text) };
}

function parseFilter(filter: string | undefined, text: string): readonly string[] {
	if (filter === undefined) return ["passing"];
	const wanted = filter.split(",").filter((status) => status !== "");
	for (const status of wanted) {
		if (!statuses.includes(status)) {
			throw new DiscoError("DEPENDENCY_FORMAT", `health.service: invalid filter: "${status}" in "${text}"`);
		}
	}
	return [...new Set(wanted)].sort();
}

function queryText({ tag, name, datacenter, near, wanted }: ServiceQuery): string {
	const before = tag === undefined ? "" : `${tag}.`;
	return `${before}${name}${marked("@", datacenter)}${marked("~", near)}|${wanted.join(",")}`;
}

/** Pure: the API's entries as the template's records, filtered and ordered. */
function instancesOf(entries: readonly ServiceEntry[], query: Pick<ServiceQuery, "near" | "wanted">) {
	const records = entries
		.map(instanceRecord)
		.filter(({ Status }) => query.wanted.includes("any") || query.wanted.includes(Status));
	if (query.near !== undefined) return records;
	return records.sort(
		byFields(
			({ Node }) => Node,
			({ ID }) => ID,
		),
	);
}

function instanceRecord({ Node: node, Service: service, Checks: checks }: ServiceEntry): ServiceInstanceRecord {
	return {
		Node: node.Node,
		NodeID: node.ID,
		NodeAddress: node.Address,
		NodeTaggedAddresses: node.TaggedAddresses ?? {},
		NodeMeta: node.Meta ?? {},
		ServiceMeta: service.Meta ?? {},
		Address: service.Address === "" ? node.Address : service.Address,
		ServiceTaggedAddresses: service.TaggedAddresses ?? {},
		ID: service.ID,
		Name: service.Service,
		Tags: sortedTexts(service.Tags),
		Checks: checks.map(checkRecord),
		Status: worstStatus(checks),
		Port: service.Port,
		Weights: { Passing: service.Weights.Passing, Warning: service.Weights.Warning },
	};
}

/** maintenance > critical > warning > passing; no check is passing. */
export function worstStatus(checks: readonly Pick<HealthCheck, "CheckID" | "Status">[]): ServiceStatus {
	if (checks.some(({ CheckID }) => CheckID === "_node_maintenance" || CheckID.startsWith("_service_maintenance:"))) {
		return "maintenance";
	}
	for (const status of ["critical", "warning"] as const) {
		if (checks.some(({ Status }) => Status === status)) return status;
	}
	return "passing";
}

function checkRecord(check: HealthCheck): CheckRecord {
	return {
		Node: check.Node,
		CheckID: check.CheckID,
		Name: check.Name,
		Status: check.Status,
		Notes: check.Notes,
		Output: check.Output,
		ServiceID: check.ServiceID,
		ServiceName: check.ServiceName,
		ServiceTags: check.ServiceTags ?? [],
		Type: check.Type,
		CreateIndex: check.CreateIndex,
		ModifyIndex: check.ModifyIndex,
	};
}
