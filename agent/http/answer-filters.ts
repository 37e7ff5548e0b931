import type { Encodable } from "../../lib/json/index.ts";
import type { AnswerFilters } from "../rpc/forward/index.ts";
import { compileFilter, parseFilter, type SchemaName, schemas } from "./filter/index.ts";
import { catalogServiceJson, checkJson, healthEntryJson, listedServiceJson, nodeJson, serviceJson } from "./shapes.ts";

/** `?filter=` as the HTTP API understands it, for who asks over RPC. */
export const answerFilters: AnswerFilters = {
	node: filterOf("node", nodeJson),
	service: filterOf("service", serviceJson),
	check: filterOf("check", checkJson),
	catalogService: filterOf("catalog-service", catalogServiceJson),
	instance: filterOf("health-service", healthEntryJson),
	listedService: filterOf("catalog-service", listedServiceJson),
};

function filterOf<Item>(schema: SchemaName, shape: (item: Item) => Encodable) {
	return (expression: string) => {
		const keep = compileFilter(parseFilter(expression), schemas[schema]);
		return (item: Item) => keep(shape(item));
	};
}
