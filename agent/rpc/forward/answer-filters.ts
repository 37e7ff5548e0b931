import type { CheckRecord, InstanceRecord, NodeRecord, ServiceRecord } from "../../state/index.ts";
import type { Answer } from "../endpoints.ts";

type Filter<Item> = (expression: string) => (item: Item) => boolean;

/**
 * What real clients leave to the server: `?filter=` of lists, which looks at what the API shows. Each fails with `FILTER_INVALID`.
 * Disco's clients filter themselves.
 */
export interface AnswerFilters {
	readonly node: Filter<NodeRecord>;
	readonly service: Filter<ServiceRecord>;
	readonly check: Filter<CheckRecord>;
	/** As `/v1/catalog/service` shows it. */
	readonly catalogService: Filter<InstanceRecord>;
	/** As `/v1/health/service` shows it. */
	readonly instance: Filter<InstanceRecord>;
	/** As a filter of the list of services sees it. */
	readonly listedService: Filter<InstanceRecord>;
}

/** Gives what passes. */
export async function filtered<Item>(
	asked: Promise<Answer<readonly Item[]>>,
	{ Filter: expression }: { readonly Filter: string },
	filter: Filter<Item> | undefined,
): Promise<Answer<readonly Item[]>> {
	const keep = expression === "" || filter === undefined ? undefined : filter(expression);
	const answer = await asked;
	return keep === undefined ? answer : { ...answer, value: answer.value.filter(keep) };
}
