import type { InstanceRecord, QueryResult, StringMap } from "../state/index.ts";
import type { Selections } from "./selections.ts";

/** What of a service's instances is wanted; everything that is given must hold. */
interface InstanceCriteria {
	/** All of them, without regard to case. */
	readonly tags?: readonly string[];
	/** Without any check that is not passing, the node's included. */
	readonly passing?: boolean;
	readonly nodeMeta?: StringMap;
}

type Instances = QueryResult<readonly InstanceRecord[]>;

/** Leaves what matches, the index as it was: it is the service's. */
export function instanceSelector(selections: Selections, criteria: InstanceCriteria): (result: Instances) => Instances {
	const tags = (criteria.tags ?? []).map((tag) => tag.toLowerCase());
	const nodeMeta = Object.entries(criteria.nodeMeta ?? {});
	const passing = criteria.passing ?? false;
	if (tags.length === 0 && nodeMeta.length === 0 && !passing) return (result) => result;
	const question = JSON.stringify([tags, nodeMeta, passing]);
	const keep = ({ node, service, checks }: InstanceRecord) =>
		hasTags(service.tags ?? [], tags) &&
		nodeMeta.every(([name, value]) => node.meta?.[name] === value) &&
		(!passing || checks.every((check) => check.status === "passing"));
	return ({ index, value }) => ({ index, value: selections.select(value, question, keep) });
}

function hasTags(present: readonly string[], wanted: readonly string[]): boolean {
	return wanted.every((tag) => present.some((each) => each.toLowerCase() === tag));
}
