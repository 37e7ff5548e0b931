/** Go types of the records in `dependencies/records.ts`: the fields in the reference's order, which is the order of printing. */
import {
	boolType,
	goMethod,
	intType,
	mapOf,
	namedType,
	pointerTo,
	sliceOf,
	stringType,
	structType,
	uint64Type,
} from "../gotmpl/index.ts";

const textsToTexts = mapOf(stringType, stringType);

/** A list of tags, with `Contains`. */
const serviceTagsType = namedType("dependency.ServiceTags", sliceOf(stringType), {
	Contains: goMethod("func(string) bool", (tags: readonly string[], tag: string) => (tags ?? []).includes(tag)),
});

const keyPairType = structType("dependency.KeyPair", {
	Path: stringType,
	Key: stringType,
	Value: stringType,
	CreateIndex: uint64Type,
	ModifyIndex: uint64Type,
	LockIndex: uint64Type,
	Flags: uint64Type,
	Session: stringType,
});

const catalogSnippetType = structType("dependency.CatalogSnippet", {
	Name: stringType,
	Tags: serviceTagsType,
});

const nodeType = structType("dependency.Node", {
	ID: stringType,
	Node: stringType,
	Address: stringType,
	Datacenter: stringType,
	TaggedAddresses: textsToTexts,
	Meta: textsToTexts,
});

const nodeServiceType = structType("dependency.CatalogNodeService", {
	ID: stringType,
	Service: stringType,
	Tags: serviceTagsType,
	Meta: textsToTexts,
	Port: intType,
	Address: stringType,
	EnableTagOverride: boolType,
});

export const catalogNodeType = structType("dependency.CatalogNode", {
	Node: pointerTo(nodeType),
	Services: sliceOf(pointerTo(nodeServiceType)),
});

const healthCheckType = structType("api.HealthCheck", {
	Node: stringType,
	CheckID: stringType,
	Name: stringType,
	Status: stringType,
	Notes: stringType,
	Output: stringType,
	ServiceID: stringType,
	ServiceName: stringType,
	ServiceTags: sliceOf(stringType),
	Type: stringType,
	CreateIndex: uint64Type,
	ModifyIndex: uint64Type,
});

const healthServiceType = structType("dependency.HealthService", {
	Node: stringType,
	NodeID: stringType,
	NodeAddress: stringType,
	NodeTaggedAddresses: textsToTexts,
	NodeMeta: textsToTexts,
	ServiceMeta: textsToTexts,
	Address: stringType,
	ServiceTaggedAddresses: mapOf(stringType, structType("api.ServiceAddress", { Address: stringType, Port: intType })),
	ID: stringType,
	Name: stringType,
	Tags: serviceTagsType,
	Checks: namedType("api.HealthChecks", sliceOf(pointerTo(healthCheckType))),
	Status: stringType,
	Port: intType,
	Weights: structType("api.AgentWeights", { Passing: intType, Warning: intType }),
});

/** The names that signatures of functions use. */
export const recordTypes = {
	"dependency.KeyPair": keyPairType,
	"dependency.CatalogSnippet": catalogSnippetType,
	"dependency.Node": nodeType,
	"dependency.HealthService": healthServiceType,
};
