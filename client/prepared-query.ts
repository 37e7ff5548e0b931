import type { ServiceEntry } from "../lib/api/index.ts";
import { callOptions, parseJson, type ReadOptions, type ReadResult, read } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";

/** A stored question about a service, with what to do when nobody answers it here. */
export interface PreparedQuery {
	readonly ID?: string;
	readonly Name?: string;
	readonly Session?: string;
	readonly Token?: string;
	readonly Service: {
		readonly Service: string;
		readonly Failover?: { readonly NearestN?: number; readonly Datacenters?: readonly string[] };
		readonly OnlyPassing?: boolean;
		readonly Near?: string;
		readonly Tags?: readonly string[];
		readonly NodeMeta?: Readonly<Record<string, string>>;
		readonly ServiceMeta?: Readonly<Record<string, string>>;
	};
	readonly DNS?: { readonly TTL?: string };
	readonly Template?: { readonly Type: string; readonly Regexp?: string; readonly RemoveEmptyTags?: boolean };
}

export interface PreparedQueryAnswer {
	readonly Service: string;
	readonly Nodes: readonly ServiceEntry[];
	readonly DNS: { readonly TTL: string };
	readonly Datacenter: string;
	/** How many data centers were asked in vain before. */
	readonly Failovers: number;
}

/** `/v1/query`. */
export interface PreparedQueryClient {
	/** The new query's id. */
	create(query: PreparedQuery, options?: CallOptions): Promise<string>;
	update(id: string, query: PreparedQuery, options?: CallOptions): Promise<void>;
	delete(id: string, options?: CallOptions): Promise<void>;
	list(options?: ReadOptions): Promise<ReadResult<readonly PreparedQuery[]>>;
	get(id: string, options?: ReadOptions): Promise<ReadResult<PreparedQuery | undefined>>;
	execute(
		idOrName: string,
		options?: ReadOptions & { readonly limit?: number },
	): Promise<ReadResult<PreparedQueryAnswer>>;
}

export function createPreparedQueryClient(requester: Requester): PreparedQueryClient {
	return {
		async create(query, options = {}) {
			const answer = await requester.call({ method: "POST", path: v1("query"), json: query, ...callOptions(options) });
			return parseJson<{ readonly ID: string }>(answer.body.toString("utf8"), v1("query")).ID;
		},
		async update(id, query, options = {}) {
			await requester.call({ method: "PUT", path: v1("query", id), json: query, ...callOptions(options) });
		},
		async delete(id, options = {}) {
			await requester.call({ method: "DELETE", path: v1("query", id), ...callOptions(options) });
		},
		list: (options) => read(requester, v1("query"), options),
		async get(id, options) {
			const answer = await read<readonly PreparedQuery[]>(requester, v1("query", id), options);
			return { ...answer, value: answer.value[0] };
		},
		execute: (idOrName, options = {}) =>
			read(requester, v1("query", idOrName, "execute"), options, { limit: options.limit }),
	};
}
