import type { InstanceRecord } from "../../state/index.ts";
import type { CatalogEndpoints, Endpoints, ReadOptions } from "../endpoints.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import { type AnswerFilters, filtered } from "./answer-filters.ts";
import { ask, type Caller, command, servedRead, writeOptionsOf } from "./caller.ts";
import { bareInstance, nodeRecord, serviceRecord, wireNode, wireService, wireServiceNode } from "./convert.ts";
import { nearestFirst } from "./near.ts";
import { deregistrationOf, registrationOf, wireDeregistration, wireRegistration } from "./registration.ts";
import { metaFilter, serviceFields, tagsOf } from "./service-question.ts";

export function catalogClient(caller: Caller): CatalogEndpoints {
	return {
		register: async (registration, options) => {
			await command(caller, methods.register, wireRegistration(registration), options);
		},
		deregister: async (deregistration, options) => {
			await command(caller, methods.deregister, wireDeregistration(deregistration), options);
		},
		datacenters: async () =>
			(await caller.call(methods.datacenters, methods.datacenters.argument.zero, { isRead: true, waitMs: 0 })) ?? [],
		nodes: (options) =>
			ask(caller, methods.nodes, {
				remember: "",
				fields: metaFilter(options),
				options,
				take: ({ Nodes }) => (Nodes ?? []).map(nodeRecord),
			}),
		services: (options) =>
			ask(caller, methods.services, {
				remember: "",
				fields: metaFilter(options),
				options,
				take: ({ Services }) => new Map([...(Services ?? [])].map(([name, tags]) => [name, tags ?? []])),
			}),
		service: (name, options) =>
			ask(caller, methods.serviceNodes, {
				remember: "",
				fields: serviceFields(name, options),
				options,
				take: ({ ServiceNodes }) => (ServiceNodes ?? []).map(bareInstance),
			}),
		node: (name, options) =>
			ask(caller, methods.nodeServiceList, {
				remember: "",
				fields: { Node: name },
				options,
				take: ({ NodeServices: { Node, Services } }) =>
					Node === null
						? undefined
						: {
								node: nodeRecord(Node),
								services: (Services ?? []).map((service) => serviceRecord(service, Node.Node)),
							},
			}),
	};
}

export function catalogServed(
	endpoints: Endpoints,
	{ datacenter, filters }: { readonly datacenter: string; readonly filters?: AnswerFilters },
): ServedMethod[] {
	const { catalog, health } = endpoints;
	const node = async (argument: { readonly Node: string; readonly Filter: string }, options: ReadOptions) => {
		const keep = argument.Filter === "" ? undefined : filters?.service(argument.Filter);
		const answer = await catalog.node(argument.Node, options);
		if (answer.value === undefined || keep === undefined) return answer;
		return { ...answer, value: { ...answer.value, services: answer.value.services.filter(keep) } };
	};
	return [
		served(methods.register, async (argument) => {
			await catalog.register(registrationOf(argument, datacenter), writeOptionsOf(argument));
			return {};
		}),
		served(methods.deregister, async (argument) => {
			await catalog.deregister(deregistrationOf(argument), writeOptionsOf(argument));
			return {};
		}),
		served(methods.datacenters, () => catalog.datacenters()),
		servedRead(
			methods.nodes,
			async (argument, options) => {
				const asked = catalog.nodes({ ...options, ...metaOfFilter(argument.NodeMetaFilters) });
				const answer = await filtered(asked, argument, filters?.node);
				return nearestFirst(endpoints, argument.Source, answer, (each) => each.node);
			},
			(nodes) => ({ Nodes: nodes.map(wireNode) }),
		),
		servedRead(
			methods.services,
			async ({ NodeMetaFilters, Filter: expression }, options) => {
				const keep = expression === "" ? undefined : filters?.listedService(expression);
				const asked = { ...options, ...metaOfFilter(NodeMetaFilters) };
				const answer = await catalog.services(asked);
				return keep === undefined
					? answer
					: { ...answer, value: await servicesWith(catalog, answer.value, keep, asked) };
			},
			(services) => ({ Services: services }),
		),
		servedRead(
			methods.serviceNodes,
			async (argument, options) => {
				const { ServiceName, ServiceAddress, NodeMetaFilters, Source } = argument;
				const asked =
					ServiceAddress === "" || health.byAddress === undefined
						? catalog.service(ServiceName, { ...options, ...metaOfFilter(NodeMetaFilters), ...tagsOf(argument) })
						: health.byAddress(ServiceAddress, options);
				const answer = await filtered(asked, argument, filters?.catalogService);
				return nearestFirst(endpoints, Source, answer, (each) => each.node.node);
			},
			(instances) => ({ ServiceNodes: instances.map(wireServiceNode) }),
		),
		servedRead(
			methods.gatewayServices,
			({ ServiceName }, options) => catalog.service(ServiceName, options),
			() => ({ Services: null }),
		),
		servedRead(methods.nodeServiceList, node, (found) => ({
			NodeServices: {
				Node: found === undefined ? null : wireNode(found.node),
				Services: found === undefined ? null : found.services.map(wireService),
			},
		})),
		servedRead(methods.nodeServices, node, (found) => ({
			NodeServices:
				found === undefined
					? null
					: {
							Node: wireNode(found.node),
							Services: Object.fromEntries(found.services.map((each) => [each.id, wireService(each)])),
						},
		})),
	];
}

/** Those of which an instance is kept, with the tags of these. */
async function servicesWith(
	catalog: CatalogEndpoints,
	services: ReadonlyMap<string, readonly string[]>,
	keep: (instance: InstanceRecord) => boolean,
	options: ReadOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
	const shown = new Map<string, readonly string[]>();
	for (const name of services.keys()) {
		const { value } = await catalog.service(name, { ...options, minIndex: 0 });
		const kept = value.filter((instance) => instance.service.service === name && keep(instance));
		if (kept.length > 0) shown.set(name, [...new Set(kept.flatMap(({ service }) => service.tags ?? []))]);
	}
	return shown;
}

export function metaOfFilter(filters: Readonly<Record<string, string>> | null) {
	return filters === null ? {} : { nodeMeta: filters };
}
