import type { InstanceRecord } from "../../state/index.ts";
import type { Endpoints, HealthEndpoints } from "../endpoints.ts";
import { methods } from "../wire/methods.ts";
import type { ServedMethod } from "../wire/rpc.ts";
import { type AnswerFilters, filtered } from "./answer-filters.ts";
import { ask, type Caller, servedRead } from "./caller.ts";
import { metaOfFilter } from "./catalog.ts";
import { bareInstance, checkRecord, instanceRecord, wireCheckRecord, wireInstance } from "./convert.ts";
import { nearestFirst } from "./near.ts";
import { metaFilter, serviceFields, tagsOf } from "./service-question.ts";

export function healthClient(caller: Caller): HealthEndpoints {
	return {
		node: (name, options) =>
			ask(caller, methods.nodeChecks, { fields: { Node: name }, options, take: checksOf, remember: "" }),
		checks: (service, options) =>
			ask(caller, methods.serviceChecks, {
				fields: serviceFields(service, options),
				options,
				take: checksOf,
				remember: "",
			}),
		service: (name, options) =>
			ask(caller, methods.healthServiceNodes, {
				remember: options.passing === true ? "passing" : "",
				fields: serviceFields(name, options),
				options,
				take: ({ Nodes }) => {
					const all = (Nodes ?? []).flatMap(instanceRecord);
					// The reference's servers leave it to the agent, too.
					return options.passing === true ? all.filter(isPassing) : all;
				},
			}),
		state: (status, options) =>
			ask(caller, methods.checksInState, {
				remember: "",
				fields: { State: status, ...metaFilter(options) },
				options,
				take: checksOf,
			}),
		byAddress: (address, options) =>
			ask(caller, methods.serviceNodes, {
				fields: { ServiceAddress: address },
				options,
				take: ({ ServiceNodes }) => (ServiceNodes ?? []).map(bareInstance),
			}),
	};
}

function isPassing({ checks }: InstanceRecord): boolean {
	return checks.every(({ status }) => status === "passing");
}

function checksOf({
	HealthChecks,
}: {
	readonly HealthChecks: Parameters<typeof checkRecord>[0][] | readonly Parameters<typeof checkRecord>[0][] | null;
}) {
	return (HealthChecks ?? []).map(checkRecord);
}

export function healthServed(endpoints: Endpoints, { filters }: { readonly filters?: AnswerFilters }): ServedMethod[] {
	const { health } = endpoints;
	return [
		servedRead(
			methods.nodeChecks,
			(argument, options) => filtered(health.node(argument.Node, options), argument, filters?.check),
			wireChecks,
		),
		servedRead(
			methods.serviceChecks,
			async (argument, options) => {
				const { ServiceName, NodeMetaFilters, Source } = argument;
				const asked = health.checks(ServiceName, { ...options, ...metaOfFilter(NodeMetaFilters) });
				const answer = await filtered(asked, argument, filters?.check);
				return nearestFirst(endpoints, Source, answer, ({ node }) => node);
			},
			wireChecks,
		),
		servedRead(
			methods.checksInState,
			async (argument, options) => {
				const { State, NodeMetaFilters, Source } = argument;
				const asked = health.state(State, { ...options, ...metaOfFilter(NodeMetaFilters) });
				const answer = await filtered(asked, argument, filters?.check);
				return nearestFirst(endpoints, Source, answer, ({ node }) => node);
			},
			wireChecks,
		),
		servedRead(
			methods.healthServiceNodes,
			async (argument, options) => {
				const { ServiceName, NodeMetaFilters, Source } = argument;
				const asked = { ...options, ...metaOfFilter(NodeMetaFilters), ...tagsOf(argument) };
				const answer = await filtered(health.service(ServiceName, asked), argument, filters?.instance);
				return nearestFirst(endpoints, Source, answer, ({ node }) => node.node);
			},
			(instances) => ({ Nodes: instances.map(wireInstance) }),
		),
	];
}

function wireChecks(checks: readonly Parameters<typeof wireCheckRecord>[0][]) {
	return { HealthChecks: checks.map(wireCheckRecord) };
}
