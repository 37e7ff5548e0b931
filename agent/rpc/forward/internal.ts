import { DiscoError } from "../../../lib/errors.ts";
import type { CheckRecord, InstanceRecord, NodeRecord, ServiceRecord } from "../../state/index.ts";
import type { Answer, Endpoints, ReadOptions } from "../endpoints.ts";
import type { WireNodeInfo } from "../wire/catalog-structs.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import { type AnswerFilters, filtered } from "./answer-filters.ts";
import { metaOf, servedRead } from "./caller.ts";
import { wireCheckRecord, wireInstance, wireService } from "./convert.ts";

interface NodeWithAll {
	readonly node: NodeRecord;
	readonly services: readonly ServiceRecord[];
	readonly checks: readonly CheckRecord[];
}

/** What real clients ask for their status page and to fire events; disco's have no need of it. */
export function internalServed(
	endpoints: Endpoints,
	{
		fireEvent,
		filters,
	}: {
		readonly fireEvent?: (datacenter: string, name: string, payload: Uint8Array) => Promise<void>;
		readonly filters?: AnswerFilters;
	},
): ServedMethod[] {
	const dump = { ImportedDump: null };
	return [
		servedRead(
			methods.nodeInfo,
			({ Node }, options) => nodeWithAll(endpoints, Node, options),
			(found) => ({ ...dump, Dump: found === undefined ? null : [wireInfo(found)] }),
		),
		servedRead(
			methods.nodeDump,
			(_, options) => allNodes(endpoints, options),
			(nodes) => ({ ...dump, Dump: nodes.map(wireInfo) }),
		),
		servedRead(
			methods.serviceDump,
			(argument, options) => filtered(allInstances(endpoints, options), argument, filters?.instance),
			(instances) => ({ Nodes: instances.map(wireInstance), ImportedNodes: null, Gateways: [] }),
		),
		served(methods.eventFire, async ({ Datacenter, Name, Payload }) => {
			if (fireEvent === undefined) throw new DiscoError("EVENT_INVALID", "this server has no gossip to spread events");
			await fireEvent(Datacenter, Name, (Payload ?? new Uint8Array()).slice());
			return metaOf({ index: 1, knownLeader: true, lastContactMs: 0 });
		}),
	];
}

/** Waits for the node's services; its checks are those of that moment. */
async function nodeWithAll(
	{ catalog, health }: Endpoints,
	name: string,
	options: ReadOptions,
): Promise<Answer<NodeWithAll | undefined>> {
	const answer = await catalog.node(name, options);
	if (answer.value === undefined) return { ...answer, value: undefined };
	const checks = await health.node(name, { ...options, minIndex: 0 });
	return { ...answer, index: Math.max(answer.index, checks.index), value: { ...answer.value, checks: checks.value } };
}

/** Waits for the list of nodes. */
async function allNodes(endpoints: Endpoints, options: ReadOptions): Promise<Answer<readonly NodeWithAll[]>> {
	const answer = await endpoints.catalog.nodes(options);
	const found: NodeWithAll[] = [];
	for (const { node } of answer.value) {
		const { value } = await nodeWithAll(endpoints, node, { ...options, minIndex: 0 });
		if (value !== undefined) found.push(value);
	}
	return { ...answer, value: found };
}

/** Waits for the list of services. */
async function allInstances(
	{ catalog, health }: Endpoints,
	options: ReadOptions,
): Promise<Answer<readonly InstanceRecord[]>> {
	const answer = await catalog.services(options);
	const found: InstanceRecord[] = [];
	for (const name of answer.value.keys())
		found.push(...(await health.service(name, { ...options, minIndex: 0 })).value);
	return { ...answer, value: found };
}

function wireInfo({ node, services, checks }: NodeWithAll): WireNodeInfo {
	return {
		ID: node.id,
		Node: node.node,
		Partition: "",
		PeerName: "",
		Address: node.address,
		TaggedAddresses: node.taggedAddresses,
		Meta: node.meta,
		Services: services.map(wireService),
		Checks: checks.map(wireCheckRecord),
	};
}
