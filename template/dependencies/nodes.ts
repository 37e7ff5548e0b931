import type { NodeRecord as ApiNode } from "../../lib/api/index.ts";
import { answered, type Dependency, withDatacenter } from "./dependency.ts";
import { byFields } from "./order.ts";
import { dependencyId, grammarOf, marked, matchArgument, pieces } from "./query-text.ts";
import type { NodeRecord } from "./records.ts";

const grammar = grammarOf(pieces.query, pieces.datacenter, pieces.near);

/** All nodes by name and address, or by round trip with `~NEAR`. Error: `DEPENDENCY_FORMAT`. */
export function nodesDependency(text: string): Dependency {
	const { datacenter, near } = matchArgument(grammar, text, "catalog.nodes");
	return {
		id: dependencyId("catalog.nodes", marked("@", datacenter), marked("~", near)),
		async fetch({ client }, options) {
			const answer = await client.catalog.nodes({
				...withDatacenter(options, datacenter),
				...(near === undefined ? {} : { near }),
			});
			const records = answer.value.map(nodeRecord);
			if (near === undefined) {
				records.sort(
					byFields(
						({ Node }) => Node,
						({ Address }) => Address,
					),
				);
			}
			return answered(answer, records);
		},
	};
}

/** The fields of a node that templates see. */
export function nodeRecord(node: ApiNode): NodeRecord {
	return {
		ID: node.ID,
		Node: node.Node,
		Address: node.Address,
		Datacenter: node.Datacenter,
		TaggedAddresses: node.TaggedAddresses ?? {},
		Meta: node.Meta ?? {},
	};
}
