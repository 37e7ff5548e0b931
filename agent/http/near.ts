import type { ApiRequest, Context } from "./route.ts";

/** Whether the question is for another datacenter: distances to its nodes are not known. */
export function isElsewhere({ query }: ApiRequest, { datacenter }: Context["config"]): boolean {
	const wanted = query.first("dc") ?? "";
	return wanted !== "" && wanted !== datacenter;
}

/** With `near=NODE` (or `_agent`) the nearest first; the same array without it, or when nothing is known of distances. */
export function nearestFirst<Item>(
	request: ApiRequest,
	{ endpoints, config }: Context,
	items: readonly Item[],
	nodeOf: (item: Item) => string,
): readonly Item[] | Promise<readonly Item[]> {
	const near = request.query.first("near") ?? "";
	if (near === "" || endpoints.coordinate === undefined || isElsewhere(request, config)) return items;
	return endpoints.coordinate.sortNear(near === "_agent" ? config.nodeName : near, items, nodeOf);
}
