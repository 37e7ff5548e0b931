import { answered, type Dependency, withDatacenter } from "./dependency.ts";
import { byFields, sortedTexts } from "./order.ts";
import { dependencyId, grammarOf, marked, matchArgument, pieces } from "./query-text.ts";
import type { ServiceNameRecord } from "./records.ts";

const grammar = grammarOf(pieces.query, pieces.datacenter);

/** The names of all services with their tags, by name. Error: `DEPENDENCY_FORMAT`. */
export function servicesDependency(text: string): Dependency {
	const { datacenter } = matchArgument(grammar, text, "catalog.services");
	return {
		id: dependencyId("catalog.services", marked("@", datacenter)),
		async fetch({ client }, options) {
			const answer = await client.catalog.services(withDatacenter(options, datacenter));
			const records: ServiceNameRecord[] = Object.entries(answer.value).map(([Name, tags]) => ({
				Name,
				Tags: sortedTexts(tags),
			}));
			return answered(answer, records.sort(byFields(({ Name }) => Name)));
		},
	};
}
