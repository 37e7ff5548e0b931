import type { InstanceRecord, ReadOptions } from "../rpc/index.ts";

/** What running a prepared query gave. */
export interface PreparedQueryResult {
	/** The service that was asked for in the end. */
	readonly service: string;
	/** Where the instances are, which after a failover may be elsewhere. */
	readonly datacenter: string;
	/** In the order to give them; filtered by the query's own health rule. */
	readonly instances: readonly InstanceRecord[];
	/** The query's own TTL; absent when it sets none. */
	readonly ttlMs?: number;
}

/** Runs prepared queries for `<name or id>.query.<domain>`. */
export interface PreparedQueries {
	/** Undefined when there is no such query. Fails as `Endpoints` does. */
	execute(nameOrId: string, options: ReadOptions): Promise<PreparedQueryResult | undefined>;
}
