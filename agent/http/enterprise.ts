import { badRequest } from "./failures.ts";
import type { ApiRequest, Route } from "./route.ts";

/** Namespaces and partitions: parameter, header, and how the reference calls them. */
const features = [
	{ parameter: "ns", header: "x-consul-namespace", headerName: "X-Consul-Namespace", name: "Namespaces" },
	{ parameter: "partition", header: "x-consul-partition", headerName: "X-Consul-Partition", name: "Partitions" },
] as const;

/** Of these families everything can stand in a namespace, or in a partition. The others do not look at either. */
const families = [
	"agent/service",
	"agent/services",
	"agent/check",
	"agent/checks",
	"agent/maintenance",
	"agent/health",
	"catalog",
	"health",
	"kv",
	"session",
	"coordinate/update",
];
/** These know partitions only: what they show belongs to nodes. */
const partitionedOnly = ["agent/members", "agent/force-leave", "catalog/nodes", "coordinate/nodes", "coordinate/node"];
/** Of a family, but of no namespace. */
const spared = ["catalog/datacenters"];

/** Fails with 400 where the reference does, rather than answering as if the namespace were not there. */
export function refuseNamespaces(request: Pick<ApiRequest, "query" | "headers">, { path }: Route): void {
	for (const { parameter, header, headerName, name } of features) {
		const byHeader = (request.headers[header] ?? "") !== "";
		if (!byHeader && (request.query.first(parameter) ?? "") === "") continue;
		if (!isConcerned(path, parameter)) continue;
		const what = byHeader ? `Invalid header: "${headerName}"` : `Invalid query parameter: "${parameter}"`;
		throw badRequest(`${what} - ${name} are a Consul Enterprise feature`);
	}
}

function isConcerned(path: string, parameter: "ns" | "partition"): boolean {
	const within = (family: string) => `${path}/`.startsWith(`/v1/${family}/`);
	if (partitionedOnly.some(within)) return parameter === "partition";
	return families.some(within) && !spared.some(within);
}
