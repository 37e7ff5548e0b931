import type { CheckStatus } from "../../../lib/api/index.ts";
import type {
	CheckContent,
	CheckRecord,
	InstanceRecord,
	NodeContent,
	NodeRecord,
	ServiceAddress,
	ServiceContent,
	ServiceRecord,
} from "../../state/index.ts";
import type {
	WireCheckServiceNode,
	WireHealthCheck,
	WireNode,
	WireNodeService,
	WireServiceNode,
} from "../wire/catalog-structs.ts";

/** Records of the catalog to the reference's structs and back. What the mesh, partitions and peers have there is empty. */

type Indexes = { readonly createIndex: number; readonly modifyIndex: number };
const noIndexes: Indexes = { createIndex: 0, modifyIndex: 0 };

export function wireNode(node: NodeContent & Partial<Indexes>): WireNode {
	return {
		ID: node.id,
		Node: node.node,
		Address: node.address,
		Datacenter: node.datacenter,
		Partition: "",
		PeerName: "",
		TaggedAddresses: node.taggedAddresses,
		Meta: node.meta,
		...wireIndexes(node),
	};
}

export function nodeRecord(node: WireNode): NodeRecord {
	return {
		id: node.ID,
		node: node.Node,
		address: node.Address,
		datacenter: node.Datacenter,
		taggedAddresses: node.TaggedAddresses,
		meta: node.Meta,
		...indexesOf(node),
	};
}

export function wireService(service: ServiceContent & Partial<Indexes>): WireNodeService {
	return {
		Kind: service.kind,
		ID: service.id,
		Service: service.service,
		Tags: service.tags,
		Address: service.address,
		TaggedAddresses: wireAddresses(service.taggedAddresses),
		Meta: service.meta,
		Port: service.port,
		SocketPath: "",
		Weights: wireWeights(service),
		EnableTagOverride: service.enableTagOverride,
		Proxy: null,
		Connect: null,
		LocallyRegisteredAsSidecar: false,
		PeerName: "",
		...wireIndexes(service),
	};
}

export function serviceContent(service: WireNodeService): ServiceContent {
	return {
		id: service.ID,
		service: service.Service,
		kind: service.Kind,
		tags: service.Tags,
		address: service.Address,
		taggedAddresses: addressesOf(service.TaggedAddresses),
		meta: service.Meta,
		port: service.Port,
		weights: weightsOf(service.Weights),
		enableTagOverride: service.EnableTagOverride,
	};
}

export function serviceRecord(service: WireNodeService, node: string): ServiceRecord {
	return { ...serviceContent(service), node, ...indexesOf(service) };
}

export function wireCheck(check: CheckContent & Partial<Indexes>, node: string): WireHealthCheck {
	return {
		Node: node,
		CheckID: check.checkId,
		Name: check.name,
		Status: check.status,
		Notes: check.notes,
		Output: check.output,
		ServiceID: check.serviceId,
		ServiceName: check.serviceName,
		ServiceTags: check.serviceTags,
		Type: check.type,
		Interval: check.interval,
		Timeout: check.timeout,
		ExposedPort: check.exposedPort,
		PeerName: "",
		Definition: check.definition,
		...wireIndexes(check),
	};
}

export function wireCheckRecord(check: CheckRecord): WireHealthCheck {
	return wireCheck(check, check.node);
}

export function checkContent(check: WireHealthCheck): CheckContent {
	return {
		checkId: check.CheckID,
		name: check.Name,
		// The catalog takes any text (`records.ts`).
		status: check.Status as CheckStatus,
		notes: check.Notes,
		output: check.Output,
		serviceId: check.ServiceID,
		serviceName: check.ServiceName,
		serviceTags: check.ServiceTags,
		type: check.Type,
		interval: check.Interval,
		timeout: check.Timeout,
		exposedPort: check.ExposedPort,
		definition: check.Definition,
	};
}

export function checkRecord(check: WireHealthCheck): CheckRecord {
	return { ...checkContent(check), node: check.Node, ...indexesOf(check) };
}

export function wireInstance({ node, service, checks }: InstanceRecord): WireCheckServiceNode {
	return {
		Node: wireNode(node),
		Service: wireService(service),
		Checks: checks.length === 0 ? null : checks.map(wireCheckRecord),
	};
}

export function instanceRecord({ Node, Service, Checks }: WireCheckServiceNode): InstanceRecord[] {
	if (Node === null || Service === null) return [];
	return [
		{
			node: nodeRecord(Node),
			service: serviceRecord(Service, Node.Node),
			checks: (Checks ?? []).map(checkRecord),
		},
	];
}

export function wireServiceNode({ node, service }: InstanceRecord): WireServiceNode {
	return {
		ID: node.id,
		Node: node.node,
		Address: node.address,
		Datacenter: node.datacenter,
		TaggedAddresses: node.taggedAddresses,
		NodeMeta: node.meta,
		ServiceKind: service.kind,
		ServiceID: service.id,
		ServiceName: service.service,
		ServiceTags: service.tags,
		ServiceAddress: service.address,
		ServiceTaggedAddresses: wireAddresses(service.taggedAddresses),
		ServiceWeights: wireWeights(service),
		// Never nil there.
		ServiceMeta: service.meta ?? {},
		ServicePort: service.port,
		ServiceSocketPath: "",
		ServiceEnableTagOverride: service.enableTagOverride,
		ServiceProxy: null,
		ServiceConnect: null,
		PeerName: "",
		...wireIndexes(service),
	};
}

/** Without the checks and the node's indexes, which this struct does not carry. */
export function bareInstance(service: WireServiceNode): InstanceRecord {
	return {
		node: {
			id: service.ID,
			node: service.Node,
			address: service.Address,
			datacenter: service.Datacenter,
			taggedAddresses: service.TaggedAddresses,
			meta: service.NodeMeta,
			...noIndexes,
		},
		service: {
			id: service.ServiceID,
			service: service.ServiceName,
			kind: service.ServiceKind,
			tags: service.ServiceTags,
			address: service.ServiceAddress,
			taggedAddresses: addressesOf(service.ServiceTaggedAddresses),
			meta: service.ServiceMeta,
			port: service.ServicePort,
			weights: weightsOf(service.ServiceWeights),
			enableTagOverride: service.ServiceEnableTagOverride,
			node: service.Node,
			...indexesOf(service),
		},
		checks: [],
	};
}

function indexesOf(raft: { readonly CreateIndex: number; readonly ModifyIndex: number }): Indexes {
	return { createIndex: raft.CreateIndex, modifyIndex: raft.ModifyIndex };
}

function wireIndexes({ createIndex = 0, modifyIndex = 0 }: Partial<Indexes>) {
	return { CreateIndex: createIndex, ModifyIndex: modifyIndex };
}

function wireAddresses(addresses: ServiceContent["taggedAddresses"]): WireNodeService["TaggedAddresses"] {
	if (addresses === null) return null;
	return Object.fromEntries(
		Object.entries(addresses).map(([name, { address, port }]) => [name, { Address: address, Port: port }]),
	);
}

function addressesOf(addresses: WireNodeService["TaggedAddresses"]): Readonly<Record<string, ServiceAddress>> | null {
	if (addresses === null) return null;
	return Object.fromEntries(
		Object.entries(addresses).map(([name, { Address, Port }]) => [name, { address: Address, port: Port }]),
	);
}

function wireWeights({ weights }: ServiceContent): { readonly Passing: number; readonly Warning: number } {
	return { Passing: weights.passing, Warning: weights.warning };
}

const weightMax = 65_535;

/** Weights that cannot be are taken for none given: 1 and 1. */
function weightsOf(weights: WireNodeService["Weights"]): ServiceContent["weights"] {
	const { Passing: passing = 0, Warning: warning = 0 } = weights ?? {};
	const good = passing >= 1 && passing <= weightMax && warning >= 0 && warning <= weightMax;
	return good ? { passing, warning } : { passing: 1, warning: 1 };
}
