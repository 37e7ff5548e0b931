import type { Answer, Endpoints } from "../endpoints.ts";

/** Orders an answer by distance from the node that the question names; without one it stays. */
export async function nearestFirst<Item>(
	{ coordinate }: Endpoints,
	source: { readonly Node: string },
	answer: Answer<readonly Item[]>,
	nodeOf: (item: Item) => string,
): Promise<Answer<readonly Item[]>> {
	if (source.Node === "" || coordinate === undefined) return answer;
	return { ...answer, value: await coordinate.sortNear(source.Node, answer.value, nodeOf) };
}
