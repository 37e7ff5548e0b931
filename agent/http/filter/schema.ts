/** What a selector may reach, by kind of answer. Names and types are the API's. */
export type FieldType =
	| "string"
	| "int"
	| "bool"
	| { readonly list: "string" | { readonly fields: Fields } }
	| { readonly map: FieldType }
	| { readonly fields: Fields };

export type Fields = Readonly<Record<string, FieldType>>;

const strings = { list: "string" } as const;
const stringMap = { map: "string" } as const;
const addresses = { map: { fields: { Address: "string", Port: "int" } } } as const;
const weights = { fields: { Passing: "int", Warning: "int" } } as const;

const node: Fields = {
	ID: "string",
	Node: "string",
	Address: "string",
	Datacenter: "string",
	TaggedAddresses: stringMap,
	Meta: stringMap,
	Partition: "string",
	PeerName: "string",
};

const agentService: Fields = {
	Kind: "string",
	ID: "string",
	Service: "string",
	Tags: strings,
	Meta: stringMap,
	Port: "int",
	Address: "string",
	TaggedAddresses: addresses,
	Weights: weights,
	EnableTagOverride: "bool",
};

const service: Fields = {
	Kind: "string",
	ID: "string",
	Service: "string",
	Tags: strings,
	Address: "string",
	TaggedAddresses: addresses,
	Meta: stringMap,
	Port: "int",
	Weights: weights,
	EnableTagOverride: "bool",
	SocketPath: "string",
	PeerName: "string",
};

const check: Fields = {
	Node: "string",
	CheckID: "string",
	Name: "string",
	Status: "string",
	Notes: "string",
	Output: "string",
	ServiceID: "string",
	ServiceName: "string",
	ServiceTags: strings,
	Type: "string",
	Interval: "string",
	Timeout: "string",
	ExposedPort: "int",
	PeerName: "string",
};

const catalogService: Fields = {
	ID: "string",
	Node: "string",
	Address: "string",
	Datacenter: "string",
	TaggedAddresses: stringMap,
	NodeMeta: stringMap,
	ServiceKind: "string",
	ServiceID: "string",
	ServiceName: "string",
	ServiceTags: strings,
	ServiceAddress: "string",
	ServiceTaggedAddresses: addresses,
	ServiceWeights: weights,
	ServiceMeta: stringMap,
	ServicePort: "int",
	ServiceSocketPath: "string",
	PeerName: "string",
	ServiceEnableTagOverride: "bool",
};

export const schemas = {
	node,
	service,
	check,
	"agent-service": agentService,
	"catalog-service": catalogService,
	"health-service": { Node: { fields: node }, Service: { fields: service }, Checks: { list: { fields: check } } },
} as const satisfies Readonly<Record<string, Fields>>;

export type SchemaName = keyof typeof schemas;
