import type { CatalogNode } from "../../client/index.ts";
import { answered, type Dependency, withDatacenter } from "./dependency.ts";
import { nodeRecord } from "./nodes.ts";
import { byFields, sortedTexts } from "./order.ts";
import { dependencyId, grammarOf, marked, matchArgument, pieces } from "./query-text.ts";
import type { NodeDetailRecord } from "./records.ts";

const grammar = grammarOf("(?:", pieces.nodeName, pieces.query, pieces.datacenter, ")?");

/** A node with its services; the agent's own without a name. Unknown: a record without `Node`. Error: `DEPENDENCY_FORMAT`. */
export function nodeDependency(text: string): Dependency {
	const { name, datacenter } = matchArgument(grammar, text, "catalog.node");
	return {
		id: dependencyId("catalog.node", name, marked("@", datacenter)),
		async fetch({ client }, options) {
			const wanted = name ?? (await client.agent.self({ signal: options.signal })).Config.NodeName;
			const answer = await client.catalog.node(wanted, withDatacenter(options, datacenter));
			return answered(answer, nodeDetail(answer.value));
		},
	};
}

function nodeDetail(node: CatalogNode | undefined): NodeDetailRecord {
	if (node === undefined) return { Node: undefined, Services: [] };
	const services = Object.values(node.Services).map((service) => ({
		ID: service.ID,
		Service: service.Service,
		Tags: sortedTexts(service.Tags),
		Meta: service.Meta ?? {},
		Port: service.Port,
		Address: service.Address,
		EnableTagOverride: service.EnableTagOverride,
	}));
	services.sort(
		byFields(
			({ Service }) => Service,
			({ ID }) => ID,
		),
	);
	return { Node: nodeRecord(node.Node), Services: services };
}
