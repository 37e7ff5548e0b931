import { tryParseDurationMs } from "../../lib/duration.ts";
import type { PreparedQueries } from "../dns/index.ts";
import type { Endpoints } from "../rpc/index.ts";

/** Prepared queries as DNS runs them: for this agent's node, each with its own TTL. Undefined on an agent that knows no server. */
export function preparedQueries({ query }: Endpoints, agentNode: string): PreparedQueries | undefined {
	if (query === undefined) return undefined;
	return {
		async execute(nameOrId, options) {
			const { value } = await query.execute(nameOrId, { agentNode }, options);
			if (value === undefined) return undefined;
			const ttlMs = value.dnsTtl === "" ? undefined : tryParseDurationMs(value.dnsTtl);
			return {
				service: value.service,
				datacenter: value.datacenter,
				instances: value.instances,
				...(ttlMs === undefined ? {} : { ttlMs }),
			};
		},
	};
}
