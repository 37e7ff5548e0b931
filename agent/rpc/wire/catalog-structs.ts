import {
	bool,
	type Codec,
	constant,
	type Infer,
	i64,
	list,
	mapOf,
	nullable,
	recordOf,
	string,
	struct,
	type Value,
	Writer,
	writeValue,
} from "../../../lib/msgpack/index.ts";
import { definition } from "./check-definition.ts";
import { empty, queryMeta, queryOptions, querySource, raftIndex } from "./common.ts";

const stringMap = recordOf(string);

/** The parts of the service mesh, which disco has not: as they are in the reference without one. */
const proxy = always({
	Config: null,
	DestinationServiceID: "",
	DestinationServiceName: "",
	Expose: { Checks: false, Paths: null },
	LocalServiceAddress: "",
	LocalServicePort: 0,
	LocalServiceSocketPath: "",
	MeshGateway: { Mode: "" },
	Mode: "",
	TransparentProxy: { DialedDirectly: false, OutboundListenerPort: 0 },
	Upstreams: null,
});
const connect = always({ Native: false, PeerMeta: null, SidecarService: null });

const serviceAddresses = recordOf(struct({ Address: string, Port: i64 }));
const weights = nullable(struct({ Passing: i64, Warning: i64 }));

export const node = struct({
	ID: string,
	Node: string,
	Address: string,
	Datacenter: string,
	Partition: string,
	PeerName: string,
	TaggedAddresses: stringMap,
	Meta: stringMap,
	...raftIndex,
});
export type WireNode = Infer<typeof node>;

export const nodeService = struct({
	Kind: string,
	ID: string,
	Service: string,
	Tags: list(string),
	Address: string,
	TaggedAddresses: serviceAddresses,
	Meta: stringMap,
	Port: i64,
	SocketPath: string,
	Weights: weights,
	EnableTagOverride: bool,
	Proxy: proxy,
	Connect: connect,
	LocallyRegisteredAsSidecar: bool,
	PeerName: string,
	...raftIndex,
});
export type WireNodeService = Infer<typeof nodeService>;

export const healthCheck = struct({
	Node: string,
	CheckID: string,
	Name: string,
	Status: string,
	Notes: string,
	Output: string,
	ServiceID: string,
	ServiceName: string,
	ServiceTags: list(string),
	Type: string,
	Interval: string,
	Timeout: string,
	ExposedPort: i64,
	PeerName: string,
	Definition: definition,
	...raftIndex,
});
export type WireHealthCheck = Infer<typeof healthCheck>;

/** A service with its node, side by side; the indexes are the service's. */
export const serviceNode = struct({
	ID: string,
	Node: string,
	Address: string,
	Datacenter: string,
	TaggedAddresses: stringMap,
	NodeMeta: stringMap,
	ServiceKind: string,
	ServiceID: string,
	ServiceName: string,
	ServiceTags: list(string),
	ServiceAddress: string,
	ServiceTaggedAddresses: serviceAddresses,
	ServiceWeights: struct({ Passing: i64, Warning: i64 }),
	ServiceMeta: stringMap,
	ServicePort: i64,
	ServiceSocketPath: string,
	ServiceEnableTagOverride: bool,
	ServiceProxy: proxy,
	ServiceConnect: connect,
	PeerName: string,
	...raftIndex,
});
export type WireServiceNode = Infer<typeof serviceNode>;

export const checkServiceNode = struct({
	Node: nullable(node),
	Service: nullable(nodeService),
	Checks: list(healthCheck),
});
export type WireCheckServiceNode = Infer<typeof checkServiceNode>;

const nodeInfo = struct({
	ID: string,
	Node: string,
	Partition: string,
	PeerName: string,
	Address: string,
	TaggedAddresses: stringMap,
	Meta: stringMap,
	Services: list(nodeService),
	Checks: list(healthCheck),
});

export const registerRequest = struct({
	Datacenter: string,
	ID: string,
	Node: string,
	Address: string,
	TaggedAddresses: stringMap,
	NodeMeta: stringMap,
	Service: nullable(nodeService),
	Check: nullable(healthCheck),
	Checks: list(healthCheck),
	SkipNodeUpdate: bool,
	PeerName: string,
	Token: string,
	...raftIndex,
});
export const deregisterRequest = struct({
	Datacenter: string,
	Node: string,
	ServiceID: string,
	CheckID: string,
	PeerName: string,
	Token: string,
});

export const dcSpecificRequest = struct({
	Datacenter: string,
	NodeMetaFilters: stringMap,
	Source: querySource,
	PeerName: string,
	...queryOptions,
});
export const serviceSpecificRequest = struct({
	Datacenter: string,
	PeerName: string,
	NodeMetaFilters: stringMap,
	ServiceName: string,
	ServiceKind: string,
	ServiceTag: string,
	ServiceTags: list(string),
	ServiceAddress: string,
	TagFilter: bool,
	Source: querySource,
	Connect: bool,
	Ingress: bool,
	MergeCentralConfig: bool,
	...queryOptions,
});
export const nodeSpecificRequest = struct({
	Datacenter: string,
	Node: string,
	PeerName: string,
	MergeCentralConfig: bool,
	...queryOptions,
});
export const checksInStateRequest = struct({
	Datacenter: string,
	NodeMetaFilters: stringMap,
	State: string,
	Source: querySource,
	PeerName: string,
	...queryOptions,
});

export const indexedNodes = struct({ Nodes: list(node), ...queryMeta });
export const indexedServices = struct({ Services: mapOf(list(string)), ...queryMeta });
export const indexedServiceNodes = struct({ ServiceNodes: list(serviceNode), ...queryMeta });
export const indexedNodeServices = struct({
	NodeServices: nullable(struct({ Node: nullable(node), Services: recordOf(nodeService) })),
	...queryMeta,
});
/** As the one before, in order; of an unknown node without a node. */
export const indexedNodeServiceList = struct({
	NodeServices: struct({ Node: nullable(node), Services: list(nodeService) }),
	...queryMeta,
});
export const indexedHealthChecks = struct({ HealthChecks: list(healthCheck), ...queryMeta });
export const indexedCheckServiceNodes = struct({ Nodes: list(checkServiceNode), ...queryMeta });
/** Services of gateways and of peers are none here. */
export const indexedServiceDump = struct({
	Nodes: list(checkServiceNode),
	ImportedNodes: list(checkServiceNode),
	Gateways: list(struct({})),
	...queryMeta,
});
export const indexedNodeDump = struct({ ImportedDump: list(nodeInfo), Dump: list(nodeInfo), ...queryMeta });
export type WireNodeInfo = Infer<typeof nodeInfo>;

/** With the names in the order in which structs are written. */
function always(value: Value): Codec<null> {
	const writer = new Writer();
	writeValue(writer, value);
	return constant(writer.finish());
}
/** Services of a gateway of the mesh: there are none. */
export const indexedGatewayServices = struct({ Services: list(empty), ...queryMeta });
