import { answered, type Dependency, withDatacenter } from "./dependency.ts";
import { byFields, sortedTexts } from "./order.ts";
import { dependencyId, grammarOf, marked, matchArgument, pieces } from "./query-text.ts";
import type { ServiceNameRecord } from "./records.ts";

const grammar = grammarOf(pieces.query, pieces.datacenter);

/** The names of all services with their tags, by name. Error: `DEPENDENCY_FORMAT`. */
export function servicesDependency(text: string): Dependency {
	const { datacenter } = matchArgument(grammar, text, "catalog.services");
	/** Any change of any service is answered, mostly with the same names: what is the same stays the same object. */
	let former: readonly ServiceNameRecord[] = [];
	return {
		id: dependencyId("catalog.services", marked("@", datacenter)),
		async fetch({ client }, options) {
			const answer = await client.catalog.services(withDatacenter(options, datacenter));
			const records: ServiceNameRecord[] = Object.entries(answer.value).map(([Name, tags]) => ({
				Name,
				Tags: sortedTexts(tags),
			}));
			former = asBefore(former, records.sort(byFields(({ Name }) => Name)));
			return answered(answer, former);
		},
	};
}

/** `now` with the records of `before` where they are equal; `before` itself when all are. */
export function asBefore(
	before: readonly ServiceNameRecord[],
	now: readonly ServiceNameRecord[],
): readonly ServiceNameRecord[] {
	const known = new Map(before.map((record) => [record.Name, record]));
	const merged = now.map((record) => {
		const former = known.get(record.Name);
		return former !== undefined && sameTags(former.Tags, record.Tags) ? former : record;
	});
	return merged.length === before.length && merged.every((record, at) => record === before[at]) ? before : merged;
}

function sameTags(left: readonly string[], right: readonly string[]): boolean {
	return left.length === right.length && left.every((tag, at) => tag === right[at]);
}
