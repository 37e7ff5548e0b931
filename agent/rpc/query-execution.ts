import { type Random, shuffle } from "../../lib/env/index.ts";
import type { CoordinateRecord, InstanceRecord, QueryService, StringMap } from "../state/index.ts";
import { sortNear } from "./near.ts";

/** In this many places the node itself is looked for after sorting by distance: it cannot be further away. */
const nearestPlaces = 10;

/** Which instances the query wants, in the order given. */
export function instancesOfQuery(query: QueryService, instances: readonly InstanceRecord[]): InstanceRecord[] {
	const ignored = new Set(query.ignoreCheckIds ?? []);
	const tags = (query.tags ?? []).map((tag) => tag.toLowerCase());
	const wanted = tags.filter((tag) => !tag.startsWith("!"));
	const unwanted = tags.filter((tag) => tag.startsWith("!")).map((tag) => tag.slice(1));
	return instances.filter(({ node, service, checks }) => {
		const present = new Set((service.tags ?? []).map((tag) => tag.toLowerCase()));
		return (
			checks.every(
				({ checkId, status }) =>
					ignored.has(checkId) || (query.onlyPassing ? status === "passing" : status !== "critical"),
			) &&
			wanted.every((tag) => present.has(tag)) &&
			!unwanted.some((tag) => present.has(tag)) &&
			hasPairs(node.meta, query.nodeMeta) &&
			hasPairs(service.meta, query.serviceMeta)
		);
	});
}

/** Random order, or the nearest first, the node itself at the very front. */
export function orderInstances(
	instances: readonly InstanceRecord[],
	parts: {
		readonly random: Random;
		/** Node name; empty for random order. */
		readonly near: string;
		readonly coordinatesOf: (node: string) => readonly CoordinateRecord[];
	},
): readonly InstanceRecord[] {
	const { near } = parts;
	const shuffled = shuffle(instances, parts.random);
	if (near === "") return shuffled;
	const sorted = [...sortNear(shuffled, ({ node }) => node.node, near, parts.coordinatesOf)];
	const own = sorted.slice(0, nearestPlaces).findIndex(({ node }) => node.node.toLowerCase() === near.toLowerCase());
	if (own > 0) sorted.unshift(...sorted.splice(own, 1));
	return sorted;
}

function hasPairs(present: StringMap | null, wanted: StringMap | null): boolean {
	return Object.entries(wanted ?? {}).every(([name, value]) => present?.[name] === value);
}
