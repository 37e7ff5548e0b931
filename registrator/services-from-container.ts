import { type AddressOptions, endpointOfPort, isLoopback, networkOfPort } from "./addresses.ts";
import { checkOfService } from "./checks.ts";
import type { Container } from "./container.ts";
import { serviceDrain } from "./drain.ts";
import { serviceHealth } from "./health.ts";
import { serviceMeta } from "./meta.ts";
import { type Metadata, type MetadataSpelling, metadataOfPort, metadataValue } from "./metadata.ts";
import { nameFromImage, serviceId } from "./names.ts";
import { type ServicePort, servicePorts } from "./ports.ts";
import type { ServiceRegistration } from "./registration.ts";
import { type ContainerPattern, isSelected } from "./selection.ts";
import { serviceTags } from "./tags.ts";

export interface MappingOptions extends AddressOptions {
	/** First part of every id: the host's name or `-owner`. */
	readonly owner: string;
	/** Only services that metadata names (`-explicit`). */
	readonly explicit: boolean;
	/** Of services that do not say it themselves (`-drain`); 0: they do not drain. */
	readonly drainMs: number;
	readonly spelling: MetadataSpelling;
	/** Containers that `-only` and `-exclude` name; empty lists choose all. */
	readonly only: readonly ContainerPattern[];
	readonly exclude: readonly ContainerPattern[];
}

export interface MappingResult {
	readonly services: readonly ServiceRegistration[];
	/** What was left out or looks wrong, one line each, with the container's name. */
	readonly warnings: readonly string[];
}

/**
 * The services of one container: one for each of its usable ports.
 *
 * `peer` is the container whose network it joined, if it did; `forcedTags` the text of `-tags` with its template already
 * rendered for this container. Behaviour from `test/conformance/registrator/README.md`.
 */
export function servicesFromContainer(
	container: Container,
	peer: Container | undefined,
	forcedTags: string,
	options: MappingOptions,
): MappingResult {
	if (!isSelected(container, options.only, options.exclude)) return { services: [], warnings: [] };
	const warnings: string[] = [];
	const usable = servicePorts(container, options.compat)
		.map((port) => reachOfPort(container, port, options))
		.filter(({ port, network }) => options.internal || network !== undefined || port.binding !== undefined);
	if (usable.length === 0 && !options.compat) usable.push(...reachWithoutPort(container, options));
	// Ignored ports count for the suffix too: a name does not change when a port is ignored.
	const drafts = usable.flatMap((reach) => {
		// What has no port is reached at its own address.
		const own = reach.port.innerPort === 0 ? { ...options, internal: true } : options;
		const draft = draftOfPort(container, reach, peer, forcedTags, usable.length > 1, own);
		warnings.push(...(draft?.warnings ?? []));
		return draft === undefined ? [] : [draft];
	});
	const services = options.compat ? drafts.map(({ service }) => service) : withUniqueIds(drafts, warnings);
	// What concerns the container as a whole was found once for each port.
	const lines = new Set(warnings.map((warning) => `container ${container.name}: ${warning}`));
	return { services, warnings: [...lines] };
}

/** A port with what is said about it and the network that leads to it, if one was chosen. */
interface Reach {
	readonly port: ServicePort;
	readonly metadata: Metadata;
	readonly network: string | undefined;
	readonly warnings: readonly string[];
}

function reachOfPort(container: Container, port: ServicePort, options: MappingOptions): Reach {
	const metadata = metadataOfPort(container, port, options.spelling);
	if (options.compat) return { port, metadata, network: undefined, warnings: [] };
	return { port, metadata, ...networkOfPort(container, metadataValue(metadata, "network"), options) };
}

/** `SERVICE_REGISTER=ip`: a container no port of which could be registered is, with port 0 and its own address. */
function reachWithoutPort(container: Container, options: MappingOptions): Reach[] {
	const reach = reachOfPort(container, { innerPort: 0, protocol: "tcp", binding: undefined }, options);
	return metadataValue(reach.metadata, "register")?.toLowerCase() === "ip" ? [reach] : [];
}

interface Draft {
	readonly service: ServiceRegistration;
	readonly protocol: string;
	readonly warnings: readonly string[];
}

function draftOfPort(
	container: Container,
	{ port, metadata, network, warnings: networkWarnings }: Reach,
	peer: Container | undefined,
	forcedTags: string,
	suffixed: boolean,
	options: MappingOptions,
): Draft | undefined {
	const givenName = metadataValue(metadata, "name");
	if (metadataValue(metadata, "ignore") !== undefined) return undefined;
	const wanted = options.compat ? undefined : registerSetting(metadata);
	if (wanted === false || (options.explicit && givenName === undefined && wanted !== true)) return undefined;
	const endpoint = endpointOfPort(container, port, peer, network, options);
	if (endpoint === undefined) return undefined;
	const name = givenName ?? nameFromImage(container.image, options.compat);
	// In the reference an empty name for the port is one too, of which the image's comes.
	const exactName = (options.compat || givenName !== undefined) && metadata.ofPort.has("name");
	const { meta, warnings: metaWarnings } = serviceMeta(metadata, options.compat);
	const tagOverride = !options.compat && isOn(metadataValue(metadata, "enable_tag_override"));
	const subject = { metadata, endpoint, containerId: container.id, innerPort: port.innerPort };
	const { check, warnings: checkWarnings } = checkOfService(subject, options.compat);
	const health = options.compat ? undefined : serviceHealth(container, metadata);
	const { drainMs, warnings: drainWarnings } = options.compat
		? { drainMs: 0, warnings: [] }
		: serviceDrain(metadata, options.drainMs);
	const service: ServiceRegistration = {
		id: metadataValue(metadata, "id") ?? serviceId(options.owner, container.name, port.innerPort, port.protocol),
		name: suffixed && !exactName ? `${name}-${port.innerPort}` : name,
		tags: serviceTags(metadata.values.get("tags") ?? "", forcedTags, port.protocol, options.compat),
		meta,
		address: endpoint.address,
		port: endpoint.port,
		...(endpoint.ipv6 === undefined ? {} : { ipv6: endpoint.ipv6 }),
		...(check === undefined ? {} : { check }),
		...(health === undefined ? {} : { health }),
		...(tagOverride ? { tagOverride } : {}),
		drainMs,
		innerPort: port.innerPort,
		containerHostName: container.hostName,
	};
	const loopback = isLoopback(endpoint.address)
		? [
				`${service.name} is registered at ${endpoint.address}, which other machines cannot reach; give an address with -ip`,
			]
		: [];
	return {
		service,
		protocol: port.protocol,
		warnings: [...networkWarnings, ...metaWarnings, ...checkWarnings, ...drainWarnings, ...loopback],
	};
}

/** `SERVICE_REGISTER`: with `-explicit` anything but a no registers the port though nothing names it; a no leaves it out. */
function registerSetting(metadata: Metadata): boolean | undefined {
	const value = metadataValue(metadata, "register");
	return value === undefined ? undefined : isOn(value);
}

function isOn(value: string | undefined): boolean {
	return value !== undefined && !["false", "no", "off", "0"].includes(value.toLowerCase());
}

/**
 * A general `SERVICE_ID` names every port of a container alike, and the registry would keep only one of them. Those get the
 * port (and for UDP the protocol) added.
 */
function withUniqueIds(drafts: readonly Draft[], warnings: string[]): ServiceRegistration[] {
	const uses = new Map<string, number>();
	for (const { service } of drafts) uses.set(service.id, (uses.get(service.id) ?? 0) + 1);
	return drafts.map(({ service, protocol }) => {
		if (uses.get(service.id) === 1) return service;
		const id = `${service.id}-${service.innerPort}${protocol === "udp" ? "-udp" : ""}`;
		warnings.push(
			`SERVICE_ID ${service.id} is given to several ports; port ${service.innerPort} is registered as ${id}`,
		);
		return { ...service, id };
	});
}
