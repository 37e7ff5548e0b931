import { type Encodable, encodeJson } from "../../lib/json/index.ts";
import type {
	CheckContent,
	CheckRecord,
	InstanceRecord,
	KvRecord,
	NodeRecord,
	ServiceAddress,
	ServiceRecord,
} from "../rpc/index.ts";

/**
 * Records as the API shows them. Field order is the reference's; fields of the service mesh, which disco does not have, are
 * left out. Where the reference leaves a field out when it is empty (`Port` of a service, `Session`), so do we.
 */
type Struct = Readonly<Record<string, Encodable>>;

/** A map from the tables, written with sorted keys. */
export function mapJson(map: Readonly<Record<string, string>> | null): Encodable {
	return map === null ? null : new Map(Object.entries(map));
}

export function addressesJson(addresses: Readonly<Record<string, ServiceAddress>>): Encodable {
	return new Map(
		Object.entries(addresses).map(([name, address]) => [name, { Address: address.address, Port: address.port }]),
	);
}

function taggedAddresses(field: string, addresses: Readonly<Record<string, ServiceAddress>> | null): Struct {
	if (addresses === null || Object.keys(addresses).length === 0) return {};
	return { [field]: addressesJson(addresses) };
}

export function nodeJson(node: NodeRecord): Struct {
	return {
		ID: node.id,
		Node: node.node,
		Address: node.address,
		Datacenter: node.datacenter,
		TaggedAddresses: mapJson(node.taggedAddresses),
		Meta: mapJson(node.meta),
		CreateIndex: node.createIndex,
		ModifyIndex: node.modifyIndex,
	};
}

/** A service below its node, or with it in a health answer. */
export function serviceJson(service: ServiceRecord): Struct {
	return {
		...(service.kind === "" ? {} : { Kind: service.kind }),
		ID: service.id,
		Service: service.service,
		Tags: service.tags ?? [],
		Address: service.address,
		...taggedAddresses("TaggedAddresses", service.taggedAddresses),
		Meta: mapJson(service.meta),
		...(service.port === 0 ? {} : { Port: service.port }),
		Weights: weightsJson(service.weights),
		EnableTagOverride: service.enableTagOverride,
		CreateIndex: service.createIndex,
		ModifyIndex: service.modifyIndex,
	};
}

export function weightsJson(weights: { readonly passing: number; readonly warning: number }): Struct {
	return { Passing: weights.passing, Warning: weights.warning };
}

export function checkJson(check: CheckRecord): Struct {
	return checkContentJson(check, check.node, check.createIndex, check.modifyIndex);
}

export function checkContentJson(check: CheckContent, node: string, createIndex: number, modifyIndex: number): Struct {
	return {
		Node: node,
		CheckID: check.checkId,
		Name: check.name,
		Status: check.status,
		Notes: check.notes,
		Output: check.output,
		ServiceID: check.serviceId,
		ServiceName: check.serviceName,
		ServiceTags: check.serviceTags ?? [],
		Type: check.type,
		Interval: check.interval,
		Timeout: check.timeout,
		ExposedPort: check.exposedPort,
		Definition: check.definition as Struct,
		CreateIndex: createIndex,
		ModifyIndex: modifyIndex,
	};
}

/** As transactions and executed queries show a service: `Tags` is null where none were given. */
export function bareServiceJson(service: ServiceRecord): Struct {
	return { ...serviceJson(service), Tags: service.tags };
}

/** As `bareServiceJson`. */
export function bareCheckJson(check: CheckRecord): Struct {
	return { ...checkJson(check), ServiceTags: check.serviceTags };
}

/** An element of `/v1/catalog/service/NAME`: node and service side by side. */
export function catalogServiceJson({ node, service }: InstanceRecord): Struct {
	return {
		ID: node.id,
		Node: node.node,
		Address: node.address,
		Datacenter: node.datacenter,
		TaggedAddresses: mapJson(node.taggedAddresses),
		NodeMeta: mapJson(node.meta),
		ServiceKind: service.kind,
		ServiceID: service.id,
		ServiceName: service.service,
		ServiceTags: service.tags ?? [],
		ServiceAddress: service.address,
		...taggedAddresses("ServiceTaggedAddresses", service.taggedAddresses),
		ServiceWeights: weightsJson(service.weights),
		ServiceMeta: mapJson(service.meta ?? {}),
		ServicePort: service.port,
		ServiceSocketPath: "",
		ServiceEnableTagOverride: service.enableTagOverride,
		CreateIndex: service.createIndex,
		ModifyIndex: service.modifyIndex,
	};
}

/** As a filter of the list of services sees an instance: nothing of the node but its name (measured). */
export function listedServiceJson(instance: InstanceRecord): Struct {
	return { ...catalogServiceJson(instance), ...nodeUnseen };
}

const nodeUnseen = { ID: "", Address: "", Datacenter: "", TaggedAddresses: null, NodeMeta: null } as const;

/** An element of `/v1/health/service/NAME`. */
export function healthEntryJson({ node, service, checks }: InstanceRecord): Struct {
	return { Node: nodeJson(node), Service: serviceJson(service), Checks: checks.map(checkJson) };
}

export function kvJson(record: KvRecord): Struct {
	return {
		LockIndex: record.lockIndex,
		Key: record.key,
		Flags: record.flags,
		Value: record.value.byteLength === 0 ? null : base64(record.value),
		...(record.session === undefined ? {} : { Session: record.session }),
		CreateIndex: record.createIndex,
		ModifyIndex: record.modifyIndex,
	};
}

/** Names an instance in `?stream&delta`; a tab is below every character of a name. */
export function instanceKey({ node, service }: InstanceRecord): string {
	return `${node.node}\t${service.id}`;
}

/** As `instanceKey`. */
export function checkKey({ node, checkId }: CheckRecord): string {
	return `${node}\t${checkId}`;
}

/** As `elementOf(kvJson)`: written out, because it is the busiest of all. */
export function kvElement(record: KvRecord, pretty: boolean): string {
	if (pretty) return encodeJson(kvJson(record), true, 1);
	const value = record.value.byteLength === 0 ? "null" : `"${base64(record.value)}"`;
	const session = record.session === undefined ? "" : `,"Session":${encodeJson(record.session)}`;
	return (
		`{"LockIndex":${record.lockIndex},"Key":${encodeJson(record.key)},"Flags":${record.flags},"Value":${value}` +
		`${session},"CreateIndex":${record.createIndex},"ModifyIndex":${record.modifyIndex}}`
	);
}

/** The encoder of a list's elements of this shape. */
export function elementOf<Item>(shape: (item: Item) => Encodable): (item: Item, pretty: boolean) => string {
	return (item, pretty) => encodeJson(shape(item), pretty, 1);
}

function base64(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
