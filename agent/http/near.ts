import type { ApiRequest, Context } from "./route.ts";

/** With `near=NODE` (or `_agent`) the nearest first; the same array without it, or when nothing is known of distances. */
export function nearestFirst<Item>(
	request: ApiRequest,
	{ endpoints, config }: Context,
	items: readonly Item[],
	nodeOf: (item: Item) => string,
): readonly Item[] | Promise<readonly Item[]> {
	const near = request.query.first("near") ?? "";
	if (near === "" || endpoints.coordinate === undefined) return items;
	return endpoints.coordinate.sortNear(near === "_agent" ? config.nodeName : near, items, nodeOf);
}
