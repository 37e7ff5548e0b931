import { isIPv4, isIPv6 } from "node:net";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import {
	anything,
	boolean,
	type Decoded,
	type Decoder,
	integer,
	isObject,
	type Json,
	listOf,
	mapOf,
	objectOf,
	oneOrMany,
	text,
} from "../../lib/json/index.ts";
import { metaProblem } from "../../lib/service-meta.ts";
import type { CheckPlan } from "../local/index.ts";
import type { ServiceAddress, ServiceContent } from "../rpc/index.ts";
import { type CheckFields, checkFields, isNoCheck } from "./check-fields.ts";
import { checkPlan } from "./check-plan.ts";
import { bodyValue, meshField } from "./decode-body.ts";

/** A service with its checks, ready for the local agent. */
export interface ServiceRegistration {
	readonly service: ServiceContent;
	readonly checks: readonly CheckPlan[];
	/** Given in the body; empty when not. */
	readonly token: string;
}

export interface RegistrationRules {
	/** Take the published example's envelope, one check instead of a list, and `script` (all refused by the reference). */
	readonly lenient: boolean;
	readonly scriptChecks: boolean;
}

export const addressFields = objectOf({ Address: text, Port: integer });
export const weightFields = objectOf({ Passing: integer, Warning: integer });

const serviceShape = {
	Kind: text,
	ID: text,
	Name: text,
	Tags: listOf(text),
	Address: text,
	TaggedAddresses: mapOf(addressFields),
	Meta: mapOf(text),
	Port: integer,
	SocketPath: text,
	Check: checkFields,
	Checks: listOf(checkFields),
	Weights: weightFields,
	Token: text,
	EnableTagOverride: boolean,
	Proxy: meshField,
	Connect: meshField,
	Namespace: anything,
	Partition: anything,
} as const;

/** Kinds that mean something in the service mesh; any other text is kept and shown. */
const meshKinds: ReadonlySet<string> = new Set([
	"connect-proxy",
	"mesh-gateway",
	"terminating-gateway",
	"ingress-gateway",
]);

const aliases = { enable_tag_override: "EnableTagOverride", tagged_addresses: "TaggedAddresses" } as const;

type ServiceFields = Decoded<typeof serviceShape>;

const strictService = objectOf(serviceShape, { aliases });
const lenientService: Decoder<ServiceFields> = objectOf(
	{ ...serviceShape, Checks: oneOrMany(checkFields) },
	{ aliases },
);

/** What `parseServiceRegistration` and `parseServiceRegistrations` accept. */
export const serviceBody: Decoder<unknown> = strictService;
export const servicesBody: Decoder<unknown> = listOf(strictService);

/**
 * The body of `PUT /v1/agent/service/register`. Fails with `JSON_INVALID`, `JSON_FIELD_INVALID`, `SERVICE_INVALID`,
 * `CHECK_INVALID`.
 */
export function parseServiceRegistration(body: string, rules: RegistrationRules): ServiceRegistration {
	return registrationOf(bodyValue(body), "", rules);
}

/**
 * The body of `PUT /v1/agent/services/register`: a list of what `parseServiceRegistration` takes, each with an id of its own.
 * Fails as that does, naming the element.
 */
export function parseServiceRegistrations(body: string, rules: RegistrationRules): readonly ServiceRegistration[] {
	const value = bodyValue(body);
	if (!Array.isArray(value)) throw invalid("the body is not a list: give [{...}, {...}]");
	if (value.length > registrationsMax) {
		throw invalid(`${value.length} services at once; at most ${registrationsMax} are taken, make several of it`);
	}
	const ids = new Set<string>();
	return value.map((each: Json, position) => {
		try {
			const registration = registrationOf(each, "", rules);
			if (ids.has(registration.service.id)) {
				throw invalid(`id ${JSON.stringify(registration.service.id)} stands in the list already`);
			}
			ids.add(registration.service.id);
			return registration;
		} catch (error) {
			throw new DiscoError("SERVICE_INVALID", `[${position}]: ${errorMessage(error)}`, { cause: error });
		}
	});
}

/** Services of one request. */
const registrationsMax = 1_000;

function registrationOf(value: Json, field: string, rules: RegistrationRules): ServiceRegistration {
	const fields = rules.lenient ? lenientService(withoutEnvelope(value), field) : strictService(value, field);
	const service = serviceContent(fields);
	return { service, checks: serviceChecks(fields, service, rules), token: fields.Token ?? "" };
}

/** The published example stands in an object whose only field is `service`. */
function withoutEnvelope(value: Json): Json {
	if (!isObject(value) || value.size !== 1) return value;
	const [[name, inner] = ["", null]] = value;
	return name.toLowerCase() === "service" && isObject(inner) ? inner : value;
}

function serviceContent(fields: ServiceFields): ServiceContent {
	const name = fields.Name ?? "";
	if (name === "") throw invalid('Missing service name; give "Name"');
	const address = fields.Address ?? "";
	if (address === "0.0.0.0" || address === "::" || address === "[::]") {
		throw invalid(`Invalid service address ${JSON.stringify(address)}: give one that others can reach, or none`);
	}
	const port = fields.Port ?? 0;
	const meta = fields.Meta ?? null;
	if (meta !== null) checkMeta(meta, invalid);
	if (meshKinds.has(fields.Kind ?? "")) throw invalid(`Kind ${fields.Kind ?? ""}: the service mesh is not supported`);
	return {
		id: fields.ID === undefined || fields.ID === "" ? name : fields.ID,
		service: name,
		kind: fields.Kind ?? "",
		tags: fields.Tags ?? null,
		address,
		taggedAddresses: withAddressTags(fields.TaggedAddresses ?? {}, address, port),
		meta,
		port,
		weights: weightsOf(fields.Weights),
		enableTagOverride: fields.EnableTagOverride ?? false,
	};
}

type AddressFields = Readonly<Record<string, Decoded<{ Address: typeof text; Port: typeof integer }>>>;

export function addressesOf(fields: AddressFields): Readonly<Record<string, ServiceAddress>> {
	return Object.fromEntries(
		Object.entries(fields).map(([name, each]) => [name, { address: each.Address ?? "", port: each.Port ?? 0 }]),
	);
}

/** A service with an IP address is reachable at it from the LAN and the WAN unless the registration says otherwise. */
function withAddressTags(
	fields: AddressFields,
	address: string,
	port: number,
): Readonly<Record<string, ServiceAddress>> | null {
	const given = addressesOf(fields);
	const own = { address, port };
	const added = isIPv4(address)
		? { lan_ipv4: own, wan_ipv4: own }
		: isIPv6(address) && !address.includes("%")
			? { lan_ipv6: own, wan_ipv6: own }
			: {};
	const all = { ...added, ...given };
	return Object.keys(all).length === 0 ? null : all;
}

/** Passing at least 1, Warning at least 0, both at most 65535 (they become DNS weights); 1 and 1 unless given. */
function weightsOf(weights: Decoded<{ Passing: typeof integer; Warning: typeof integer }> | undefined): {
	readonly passing: number;
	readonly warning: number;
} {
	if (weights === undefined) return { passing: 1, warning: 1 };
	const passing = weights.Passing ?? 0;
	const warning = weights.Warning ?? 0;
	if (passing < 1) throw invalid(`Invalid Weights: Passing must be greater than 0; it is ${passing}`);
	if (warning < 0) throw invalid(`Invalid Weights: Warning must be greater or equal than 0; it is ${warning}`);
	if (passing > 65_535 || warning > 65_535) throw invalid("Invalid Weights: they must be at most 65535");
	return { passing, warning };
}

/** Fails with what `failure` makes of the text. */
export function checkMeta(meta: Readonly<Record<string, string>>, failure: (message: string) => DiscoError): void {
	const problem = metaProblem(meta);
	if (problem !== undefined) throw failure(`Invalid Service Meta: ${problem}`);
}

/** One check is `service:ID`, several are numbered from 1 over `Check` and `Checks` together; a given id keeps its place. */
function serviceChecks(fields: ServiceFields, service: ServiceContent, rules: RegistrationRules): readonly CheckPlan[] {
	const all: CheckFields[] = [];
	if (fields.Check !== undefined && !isNoCheck(fields.Check)) all.push(fields.Check);
	all.push(...(fields.Checks ?? []));
	return all.map((check, position) => {
		const numbered = all.length > 1 ? `service:${service.id}:${position + 1}` : `service:${service.id}`;
		const plan = checkPlan(check, {
			checkId: check.CheckID || check.ID || numbered,
			name: check.Name || `Service '${service.service}' check`,
			serviceId: service.id,
			serviceName: service.service,
			serviceTags: service.tags,
			zeroDuration: "",
			allowScriptText: rules.lenient,
		});
		refuseScripts(plan, rules.scriptChecks);
		return plan;
	});
}

/** Whoever may register a script check runs commands on this machine, so it must have been switched on. */
export function refuseScripts(plan: CheckPlan, scriptChecks: boolean): void {
	if (scriptChecks || plan.args === undefined || (plan.kind !== "script" && plan.kind !== "docker")) return;
	throw new DiscoError(
		"SCRIPT_CHECKS_OFF",
		"Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
	);
}

function invalid(message: string): DiscoError {
	return new DiscoError("SERVICE_INVALID", message);
}
