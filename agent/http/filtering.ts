import type { Encodable } from "../../lib/json/index.ts";
import { compileFilter, type Predicate, parseFilter, type SchemaName, schemas } from "./filter/index.ts";
import type { ApiRequest } from "./route.ts";

/** The request's `filter`, ready to use; undefined when there is none. Fails with `FILTER_INVALID` (500, as the reference). */
export function filterOf(request: ApiRequest, schema: SchemaName): Predicate | undefined {
	const text = request.query.first("filter");
	if (text === undefined || text === "") return undefined;
	return compileFilter(parseFilter(text), schemas[schema]);
}

/**
 * As `filterOf` for the agent's own checks: a selector that does not exist is noticed only when there is an entry to test, a
 * syntax error always (recorded behaviour).
 */
export function lazyFilterOf(request: ApiRequest, schema: SchemaName): Predicate | undefined {
	const text = request.query.first("filter");
	if (text === undefined || text === "") return undefined;
	const expression = parseFilter(text);
	let predicate: Predicate | undefined;
	return (value) => {
		predicate ??= compileFilter(expression, schemas[schema]);
		return predicate(value);
	};
}

/** What passes; the same array without a filter. The filter looks at what the API shows. */
export function applyFilter<Item>(
	filter: Predicate | undefined,
	items: readonly Item[],
	shape: (item: Item) => Encodable,
): readonly Item[] {
	return filter === undefined ? items : items.filter((item) => filter(shape(item)));
}
