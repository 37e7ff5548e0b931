import { DiscoError } from "../../../lib/errors.ts";
import type { Infer } from "../../../lib/msgpack/index.ts";
import type { CheckContent, Deregistration, Registration } from "../../state/index.ts";
import { checkTypeOf } from "../check-type.ts";
import type { deregisterRequest, registerRequest, WireHealthCheck } from "../wire/catalog-structs.ts";
import { checkContent, serviceContent, wireCheck, wireService } from "./convert.ts";

type RegisterRequest = Infer<typeof registerRequest>;
type DeregisterRequest = Infer<typeof deregisterRequest>;

export function wireRegistration(registration: Registration): Partial<RegisterRequest> {
	const { node, service, checks } = registration;
	return {
		ID: registration.id,
		Node: node,
		Address: registration.address,
		TaggedAddresses: registration.taggedAddresses,
		NodeMeta: registration.meta,
		SkipNodeUpdate: registration.skipNodeUpdate,
		Service: service === undefined ? null : wireService(service),
		Checks: checks.length === 0 ? null : checks.map((check) => wireCheck(check, node)),
	};
}

/** Fails with `CATALOG_INVALID`, texts as recorded over HTTP. `datacenter`: this server's. */
export function registrationOf(request: RegisterRequest, datacenter: string): Registration {
	const { ID: id, Node: node, Address: address, Service, SkipNodeUpdate: skipNodeUpdate } = request;
	if (node === "") throw invalid("Must provide node");
	if (address === "" && !skipNodeUpdate) throw invalid("Must provide address if SkipNodeUpdate is not set");
	if (id !== "" && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
		throw invalid(`Bad node ID: ${JSON.stringify(id)} is not a UUID`);
	const checks = [...(request.Checks ?? []), ...(request.Check === null ? [] : [request.Check])];
	return {
		node,
		id,
		address,
		datacenter,
		taggedAddresses: request.TaggedAddresses,
		meta: request.NodeMeta,
		skipNodeUpdate,
		...(Service === null ? {} : { service: serviceOf(Service) }),
		checks: checks.map((check) => checkOf(check, node)),
	};
}

function serviceOf(service: NonNullable<RegisterRequest["Service"]>): Registration["service"] & {} {
	const content = serviceContent(service);
	if (content.service === "") throw invalid("Must provide service name (Service.Service) when service ID is provided");
	if (/^(?:0\.0\.0\.0|::|\[::\])$/.test(content.address)) throw invalid("Invalid service address");
	return { ...content, id: content.id || content.service };
}

function checkOf(check: WireHealthCheck, node: string): CheckContent {
	const content = checkContent(check);
	const checkId = content.checkId || content.name;
	if (check.Node !== "" && check.Node !== node)
		throw invalid(`Node '${check.Node}' for check '${checkId}' doesn't match register request node '${node}'`);
	if (checkId === "") throw invalid("Must provide check ID or name");
	const type = content.type || checkTypeOf(content.definition);
	return { ...content, checkId, type, status: content.status || "critical" };
}

export function wireDeregistration({ node, serviceId, checkId }: Deregistration): Partial<DeregisterRequest> {
	return { Node: node, ServiceID: serviceId ?? "", CheckID: checkId ?? "" };
}

export function deregistrationOf({ Node, ServiceID, CheckID }: DeregisterRequest): Deregistration {
	if (Node === "") throw invalid("Must provide node");
	return {
		node: Node,
		...(ServiceID === "" ? {} : { serviceId: ServiceID }),
		...(CheckID === "" ? {} : { checkId: CheckID }),
	};
}

function invalid(message: string): DiscoError {
	return new DiscoError("CATALOG_INVALID", message);
}
