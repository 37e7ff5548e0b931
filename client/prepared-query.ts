import type { ServiceEntry } from "../lib/api/index.ts";
import { type ReadOptions, type ReadResult, read } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";
import { write, writeJson } from "./write.ts";

/** A stored question about a service, with what to do when nobody answers it here. */
export interface PreparedQuery {
	readonly ID?: string;
	readonly Name?: string;
	readonly Session?: string;
	readonly Token?: string;
	readonly Service: {
		readonly Service: string;
		/** Other datacenters to ask when nothing is here. `Targets` stands alone. */
		readonly Failover?: {
			readonly NearestN?: number;
			readonly Datacenters?: readonly string[];
			readonly Targets?: readonly { readonly Datacenter: string }[];
		};
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

/** What a name or template becomes before it is executed. */
export interface PreparedQueryExplanation {
	readonly Query: PreparedQuery;
}

/** `/v1/query`. */
export interface PreparedQueryClient {
	/** The new query's id. */
	create(query: PreparedQuery, options?: CallOptions): Promise<string>;
	update(id: string, query: PreparedQuery, options?: CallOptions): Promise<void>;
	delete(id: string, options?: CallOptions): Promise<void>;
	list(options?: ReadOptions): Promise<ReadResult<readonly PreparedQuery[]>>;
	get(id: string, options?: ReadOptions): Promise<ReadResult<PreparedQuery | undefined>>;
	/** The query that a template makes of the name. */
	explain(name: string, options?: ReadOptions): Promise<ReadResult<PreparedQueryExplanation>>;
	execute(
		idOrName: string,
		options?: ReadOptions & { readonly limit?: number },
	): Promise<ReadResult<PreparedQueryAnswer>>;
}

export function createPreparedQueryClient(requester: Requester): PreparedQueryClient {
	return {
		create: async (query, options) =>
			(await writeJson<{ readonly ID: string }>(requester, v1("query"), options, { method: "POST", json: query })).ID,
		update: (id, json, options) => write(requester, v1("query", id), options, { json }),
		delete: (id, options) => write(requester, v1("query", id), options, { method: "DELETE" }),
		list: (options) => read(requester, v1("query"), options),
		async get(id, options) {
			const answer = await read<readonly PreparedQuery[]>(requester, v1("query", id), options);
			return { ...answer, value: answer.value[0] };
		},
		explain: (name, options) => read(requester, v1("query", name, "explain"), options),
		execute: (idOrName, options = {}) =>
			read(requester, v1("query", idOrName, "execute"), options, { limit: options.limit }),
	};
}
