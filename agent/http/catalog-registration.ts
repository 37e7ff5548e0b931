import type { CheckStatus } from "../../lib/api/index.ts";
import { formatDuration } from "../../lib/duration.ts";
import { DiscoError } from "../../lib/errors.ts";
import {
	anything,
	boolean,
	type Decoded,
	durationMs,
	integer,
	listOf,
	mapOf,
	objectOf,
	text,
} from "../../lib/json/index.ts";
import {
	type CheckContent,
	checkTypeOf,
	type Deregistration,
	type Registration,
	type ServiceContent,
} from "../rpc/index.ts";
import { decodeBody, meshField } from "./decode-body.ts";
import { addressesOf, addressFields, checkMeta, weightFields } from "./service-registration.ts";

/** In the order in which they are shown. */
const definitionShape = {
	Interval: durationMs,
	OutputMaxSize: integer,
	Timeout: durationMs,
	DeregisterCriticalServiceAfter: durationMs,
	HTTP: text,
	TLSServerName: text,
	TLSSkipVerify: boolean,
	Header: mapOf(listOf(text)),
	Method: text,
	Body: text,
	DisableRedirects: boolean,
	TCP: text,
	UDP: text,
	H2PING: text,
	OSService: text,
	H2PingUseTLS: boolean,
	ScriptArgs: listOf(text),
	DockerContainerID: text,
	Shell: text,
	GRPC: text,
	GRPCUseTLS: boolean,
	AliasNode: text,
	AliasService: text,
	TTL: durationMs,
} as const;

const checkShape = {
	Node: text,
	CheckID: text,
	Name: text,
	Status: text,
	Notes: text,
	Output: text,
	ServiceID: text,
	ServiceName: text,
	ServiceTags: listOf(text),
	Type: text,
	Interval: text,
	Timeout: text,
	ExposedPort: integer,
	Definition: objectOf(definitionShape, { ignoreUnknown: true }),
	CreateIndex: anything,
	ModifyIndex: anything,
	Namespace: anything,
	Partition: anything,
	PeerName: anything,
} as const;

/** A check as `/v1/catalog/register` and transactions take it. */
export const checkObject = objectOf(checkShape);

const serviceShape = {
	Kind: text,
	ID: text,
	Service: text,
	Tags: listOf(text),
	Address: text,
	TaggedAddresses: mapOf(addressFields),
	Meta: mapOf(text),
	Port: integer,
	SocketPath: text,
	Weights: weightFields,
	EnableTagOverride: boolean,
	Proxy: meshField,
	Connect: meshField,
	CreateIndex: anything,
	ModifyIndex: anything,
	Namespace: anything,
	Partition: anything,
	PeerName: anything,
} as const;

const serviceAliases = {
	aliases: { enable_tag_override: "EnableTagOverride", tagged_addresses: "TaggedAddresses" },
} as const;

/** A service as transactions take it: what they answer may be sent back. */
export const serviceObject = objectOf({ ...serviceShape, ContentHash: anything, Datacenter: anything }, serviceAliases);

/** The body of `PUT /v1/catalog/register`. */
export const registrationObject = objectOf({
	Datacenter: text,
	ID: text,
	Node: text,
	Address: text,
	TaggedAddresses: mapOf(text),
	NodeMeta: mapOf(text),
	Service: objectOf(serviceShape, serviceAliases),
	Check: checkObject,
	Checks: listOf(checkObject),
	SkipNodeUpdate: boolean,
	Namespace: anything,
	Partition: anything,
	PeerName: anything,
});

/** The body of `PUT /v1/catalog/deregister`. */
export const deregistrationObject = objectOf({
	Datacenter: text,
	Node: text,
	Address: text,
	ServiceID: text,
	CheckID: text,
	Namespace: anything,
	Partition: anything,
	PeerName: anything,
});

type CheckBody = Decoded<typeof checkShape>;
type ServiceBody = Decoded<typeof serviceShape>;

/**
 * The body of `PUT /v1/catalog/register`. Malformed JSON is the HTTP layer's business (400); what is missing is found behind it
 * in the reference and answered with 500: `CATALOG_INVALID`.
 */
export function parseRegistration(
	body: string,
	ownDatacenter: string,
): { readonly registration: Registration; readonly datacenter: string } {
	const fields = decodeBody(body, registrationObject);
	const node = fields.Node ?? "";
	const address = fields.Address ?? "";
	const skipNodeUpdate = fields.SkipNodeUpdate ?? false;
	if (node === "") throw invalid("Must provide node");
	if (address === "" && !skipNodeUpdate) throw invalid("Must provide address if SkipNodeUpdate is not set");
	const id = fields.ID ?? "";
	if (id !== "" && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
		throw invalid(`Bad node ID: ${JSON.stringify(id)} is not a UUID`);
	}
	// `Check` comes last, so it wins over one of the same id in `Checks`.
	const checks = [...(fields.Checks ?? []), ...(fields.Check === undefined ? [] : [fields.Check])];
	return {
		datacenter: fields.Datacenter ?? "",
		registration: {
			node,
			id,
			address,
			datacenter: ownDatacenter,
			taggedAddresses: fields.TaggedAddresses ?? null,
			meta: fields.NodeMeta ?? null,
			skipNodeUpdate,
			...(fields.Service === undefined ? {} : { service: serviceOf(fields.Service) }),
			checks: checks.map((check) => checkOf(check, node)),
		},
	};
}

function serviceOf(fields: ServiceBody): ServiceContent {
	if ((fields.Service ?? "") === "") {
		throw invalid("Must provide service name (Service.Service) when service ID is provided");
	}
	const address = fields.Address ?? "";
	if (address === "0.0.0.0" || address === "::" || address === "[::]") throw invalid("Invalid service address");
	if (fields.Meta !== undefined) checkMeta(fields.Meta, invalid);
	return serviceContent(fields);
}

/** A service with its defaults; nothing is required of it here. */
export function serviceContent(fields: ServiceBody): ServiceContent {
	const service = fields.Service ?? "";
	const addresses = addressesOf(fields.TaggedAddresses ?? {});
	return {
		id: fields.ID || service,
		service,
		kind: fields.Kind ?? "",
		tags: fields.Tags ?? null,
		address: fields.Address ?? "",
		taggedAddresses: Object.keys(addresses).length === 0 ? null : addresses,
		meta: fields.Meta ?? null,
		port: fields.Port ?? 0,
		weights: weightsOf(fields.Weights),
		enableTagOverride: fields.EnableTagOverride ?? false,
	};
}

const weightMax = 65_535;

/** Weights that cannot be are taken for none given: 1 and 1 (recorded behaviour; the agent refuses them). */
function weightsOf(weights: ServiceBody["Weights"]): ServiceContent["weights"] {
	const { Passing: passing = 0, Warning: warning = 0 } = weights ?? {};
	const good = passing >= 1 && passing <= weightMax && warning >= 0 && warning <= weightMax;
	return good ? { passing, warning } : { passing: 1, warning: 1 };
}

function checkOf(fields: CheckBody, node: string): CheckContent {
	const content = checkContent(fields);
	if (fields.Node !== undefined && fields.Node !== "" && fields.Node !== node) {
		throw invalid(`Node '${fields.Node}' for check '${content.checkId}' doesn't match register request node '${node}'`);
	}
	if (content.checkId === "") throw invalid("Must provide check ID or name");
	return content;
}

/** A check without a name or a status has an empty name and is critical (recorded behaviour). */
export function checkContent(fields: CheckBody): CheckContent {
	const name = fields.Name ?? "";
	const checkId = fields.CheckID || name;
	const definition = definitionOf(fields.Definition ?? {});
	return {
		checkId,
		name,
		// Any text, as the reference: whoever registers checks of other machines may have states of his own.
		status: (fields.Status || "critical") as CheckStatus,
		notes: fields.Notes ?? "",
		output: fields.Output ?? "",
		serviceId: fields.ServiceID ?? "",
		serviceName: fields.ServiceName ?? "",
		serviceTags: fields.ServiceTags ?? null,
		type: fields.Type || checkTypeOf(definition),
		interval: fields.Interval ?? "",
		timeout: fields.Timeout ?? "",
		exposedPort: fields.ExposedPort ?? 0,
		definition,
	};
}

const definitionNames = Object.keys(definitionShape) as readonly (keyof typeof definitionShape)[];
const definitionDurations: ReadonlySet<string> = new Set(["Interval", "Timeout", "DeregisterCriticalServiceAfter"]);

/** What was given and is not empty, durations as Go prints them; the TTL, for which it has no such rule, in nanoseconds. */
function definitionOf(fields: Decoded<typeof definitionShape>): Readonly<Record<string, unknown>> {
	const definition: Record<string, unknown> = {};
	for (const name of definitionNames) {
		const value = fields[name];
		if (isZero(value)) continue;
		if (name === "TTL") definition[name] = Math.round(Number(value) * 1e6);
		else definition[name] = definitionDurations.has(name) ? formatDuration(Number(value)) : value;
	}
	return definition;
}

function isZero(value: unknown): boolean {
	if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
	return value === undefined || value === "" || value === 0 || value === false;
}

/** The body of `PUT /v1/catalog/deregister`. Fails as `parseRegistration` does. */
export function parseDeregistration(body: string): {
	readonly deregistration: Deregistration;
	readonly datacenter: string;
} {
	const fields = decodeBody(body, deregistrationObject);
	const node = fields.Node ?? "";
	if (node === "") throw invalid("Must provide node");
	return {
		datacenter: fields.Datacenter ?? "",
		deregistration: {
			node,
			...(fields.ServiceID ? { serviceId: fields.ServiceID } : {}),
			...(fields.CheckID ? { checkId: fields.CheckID } : {}),
		},
	};
}

function invalid(message: string): DiscoError {
	return new DiscoError("CATALOG_INVALID", message);
}
