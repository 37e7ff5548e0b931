import type {
	CatalogDeregistration,
	CatalogRegistration,
	CatalogServiceEntry,
	NodeRecord,
	ServiceRecord,
} from "../lib/api/index.ts";
import { type ReadOptions, type ReadResult, read } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";
import { write } from "./write.ts";

/** A node with its services by id, as `/v1/catalog/node/NAME` answers. */
export interface CatalogNode {
	readonly Node: NodeRecord;
	readonly Services: Readonly<Record<string, ServiceRecord>>;
}

/** A node with its services as a list, as `/v1/catalog/node-services/NAME` answers. */
export interface CatalogNodeServices {
	/** Null when there is no such node. */
	readonly Node: NodeRecord | null;
	readonly Services: readonly ServiceRecord[] | null;
}

/** `/v1/catalog`: what all agents have registered. */
export interface CatalogClient {
	/** Names, nearest first. */
	datacenters(options?: CallOptions): Promise<readonly string[]>;
	nodes(options?: ReadOptions): Promise<ReadResult<readonly NodeRecord[]>>;
	/** Service names, each with all tags in use. */
	services(options?: ReadOptions): Promise<ReadResult<Readonly<Record<string, readonly string[]>>>>;
	/** The instances of a service, whatever their health; with `tags`, those that have all of them. */
	service(
		name: string,
		options?: ReadOptions & { readonly tags?: readonly string[] },
	): Promise<ReadResult<readonly CatalogServiceEntry[]>>;
	/** Undefined when there is no such node. */
	node(name: string, options?: ReadOptions): Promise<ReadResult<CatalogNode | undefined>>;
	/** As `node`, with the services as a list, which a filter can choose from. */
	nodeServices(name: string, options?: ReadOptions): Promise<ReadResult<CatalogNodeServices>>;
	register(registration: CatalogRegistration, options?: CallOptions): Promise<void>;
	deregister(deregistration: CatalogDeregistration, options?: CallOptions): Promise<void>;
}

export function createCatalogClient(requester: Requester): CatalogClient {
	return {
		datacenters: async (options = {}) =>
			(await read<readonly string[]>(requester, v1("catalog", "datacenters"), options)).value,
		nodes: (options) => read(requester, v1("catalog", "nodes"), options),
		services: (options) => read(requester, v1("catalog", "services"), options),
		service: (name, options = {}) => read(requester, v1("catalog", "service", name), options, { tag: options.tags }),
		async node(name, options) {
			const answer = await read<CatalogNode | null>(requester, v1("catalog", "node", name), options);
			return { ...answer, value: answer.value ?? undefined };
		},
		nodeServices: (name, options) => read(requester, v1("catalog", "node-services", name), options),
		register: (json, options) => write(requester, v1("catalog", "register"), options, { json }),
		deregister: (json, options) => write(requester, v1("catalog", "deregister"), options, { json }),
	};
}
