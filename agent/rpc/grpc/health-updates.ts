import { tryParseDurationMs } from "../../../lib/duration.ts";
import type { CheckRecord, InstanceRecord, NodeRecord, ServiceRecord } from "../../state/index.ts";
import { catalogOps } from "./messages.ts";

const nanosecondsPerSecond = 1e9;
const nanosecondsPerMs = 1e6;

/** One instance as it is now; an event's payload without the index. */
export function registered({ node, service, checks }: InstanceRecord) {
	return {
		Op: catalogOps.register,
		CheckServiceNode: { Node: nodeOf(node), Service: serviceOf(service), Checks: checks.map(checkOf) },
	};
}

/** One instance that is gone: subscribers look at the names only. */
export function deregistered({ node, service }: InstanceRecord) {
	return {
		Op: catalogOps.deregister,
		CheckServiceNode: { Node: nodeOf(node), Service: serviceOf(service), Checks: [] },
	};
}

function indexesOf({ createIndex, modifyIndex }: { readonly createIndex: number; readonly modifyIndex: number }) {
	return { CreateIndex: createIndex, ModifyIndex: modifyIndex };
}

function nodeOf(node: NodeRecord) {
	return {
		ID: node.id,
		Node: node.node,
		Address: node.address,
		Datacenter: node.datacenter,
		TaggedAddresses: node.taggedAddresses,
		Meta: node.meta,
		RaftIndex: indexesOf(node),
	};
}

function serviceOf(service: ServiceRecord) {
	const { taggedAddresses, weights } = service;
	return {
		Kind: service.kind,
		ID: service.id,
		Service: service.service,
		Tags: service.tags,
		Address: service.address,
		TaggedAddresses:
			taggedAddresses === null
				? null
				: Object.fromEntries(
						Object.entries(taggedAddresses).map(([name, { address, port }]) => [
							name,
							{ Address: address, Port: port },
						]),
					),
		Meta: service.meta,
		Port: service.port,
		Weights: { Passing: weights.passing, Warning: weights.warning },
		EnableTagOverride: service.enableTagOverride,
		RaftIndex: indexesOf(service),
	};
}

function checkOf(check: CheckRecord) {
	return {
		Node: check.node,
		CheckID: check.checkId,
		Name: check.name,
		Status: check.status,
		Notes: check.notes,
		Output: check.output,
		ServiceID: check.serviceId,
		ServiceName: check.serviceName,
		ServiceTags: check.serviceTags,
		Definition: definitionOf(check.definition),
		RaftIndex: indexesOf(check),
		Type: check.type,
		ExposedPort: check.exposedPort,
		Interval: check.interval,
		Timeout: check.timeout,
	};
}

/** The API's durations are text, the TTL's are nanoseconds (`agent/rpc/wire/check-definition.ts`). */
function definitionOf(definition: CheckRecord["definition"]) {
	const { Header, TTL } = definition;
	const texts = ["Interval", "Timeout", "DeregisterCriticalServiceAfter"].flatMap((name) => {
		const value = definition[name];
		return value === undefined ? [] : [[name, durationOf((tryParseDurationMs(String(value)) ?? 0) * nanosecondsPerMs)]];
	});
	return {
		...definition,
		...Object.fromEntries(texts),
		...(TTL === undefined ? {} : { TTL: durationOf(Number(TTL)) }),
		...(Header === undefined || Header === null
			? {}
			: { Header: Object.fromEntries(Object.entries(Header).map(([name, values]) => [name, { Value: values }])) }),
	};
}

function durationOf(nanoseconds: number) {
	const seconds = Math.trunc(nanoseconds / nanosecondsPerSecond);
	return { seconds, nanos: Math.round(nanoseconds - seconds * nanosecondsPerSecond) };
}
