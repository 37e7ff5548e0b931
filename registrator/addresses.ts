import type { Container } from "./container.ts";
import type { ServicePort } from "./ports.ts";

export interface AddressOptions {
	/** Register the container's own address and port (`-internal`). */
	readonly internal: boolean;
	/** `-ip`; empty when not given. */
	readonly ip: string;
	/** `-useIpFromLabel`: the label that holds the address; empty when not given. */
	readonly addressLabel: string;
	/** `-network`: reach containers through this network where they are in it; empty when not given. */
	readonly network: string;
	/** What the host's name resolves to; empty when it does not. */
	readonly hostAddress: string;
	readonly compat: boolean;
}

/** Where a service is reached. An empty address stands for the agent's own node. */
export interface Endpoint {
	readonly address: string;
	readonly port: number;
	/** Where it is reached by IPv6, when `address` is an IPv4 one. */
	readonly ipv6?: { readonly address: string; readonly port: number };
}

/**
 * Address and port under which one port of a container is registered, or undefined when nothing leads to it.
 *
 * `peer` is the container whose network this one joined (`--net=container:X`), if it did. `network` is what `networkOfPort` gave:
 * the container is reached there, at its own address and port, published or not.
 * With `compat` a published port on a user network gets the container's address with the host's port, which nobody can reach,
 * and a container without network is registered with an empty address; by default address and port always belong together.
 */
export function endpointOfPort(
	container: Container,
	port: ServicePort,
	peer: Container | undefined,
	network: string | undefined,
	options: AddressOptions,
): Endpoint | undefined {
	const registeredPort = options.internal || network !== undefined ? port.innerPort : port.binding?.hostPort;
	if (registeredPort === undefined) return undefined;
	const labelled = addressFromLabel(container, options.addressLabel);
	const own = network === undefined ? undefined : addressIn(container, network);
	if (options.compat) {
		return { address: addressInReference(container, port, peer, labelled, options), port: registeredPort };
	}
	const address = labelled ?? own ?? addressOfPort(container, port, peer, options);
	if (address === undefined) return undefined;
	const ipv6 = labelled === undefined ? ipv6OfPort(container, port, network, options) : undefined;
	return { address, port: registeredPort, ...(ipv6 === undefined || ipv6.address === address ? {} : { ipv6 }) };
}

/** The container's own IPv6 address where the service is reached at its own, else an IPv6 address of the host that is published. */
function ipv6OfPort(
	container: Container,
	port: ServicePort,
	network: string | undefined,
	options: AddressOptions,
): Endpoint["ipv6"] {
	if (options.internal || network !== undefined) {
		const address = container.addresses6[network ?? mainNetwork(container) ?? ""];
		return address === undefined ? undefined : { address, port: port.innerPort };
	}
	const bindings = container.bindings[`${port.innerPort}/${port.protocol}`] ?? [];
	const binding = bindings.find(({ hostAddress }) => hostAddress.includes(":") && hostAddress !== "::");
	return binding === undefined ? undefined : { address: binding.hostAddress, port: binding.hostPort };
}

/**
 * The network that a service is reached through: what metadata names, else `-network`. Undefined when neither names one that the
 * container is in; for metadata that is worth a warning, since it speaks of this very container.
 */
export function networkOfPort(
	container: Container,
	named: string | undefined,
	options: AddressOptions,
): { readonly network: string | undefined; readonly warnings: readonly string[] } {
	const isIn = (network: string) => addressIn(container, network) !== undefined;
	if (named !== undefined && isIn(named)) return { network: named, warnings: [] };
	const network = options.network !== "" && isIn(options.network) ? options.network : undefined;
	if (named !== undefined) {
		const found = networksOf(container).join(", ") || "none";
		return { network, warnings: [`SERVICE_NETWORK: "${named}" is no network of the container; it is in: ${found}`] };
	}
	const mode = container.networkMode;
	const inNetworks = networksOf(container);
	const unclear = options.internal && network === undefined && inNetworks.length > 1 && !mode.startsWith("container:");
	return {
		network,
		warnings: unclear
			? [
					`is in the networks ${inNetworks.join(", ")}; ${mainNetwork(container)} is taken, name one with SERVICE_NETWORK or -network`,
				]
			: [],
	};
}

/** The label's value up to its last slash, so that `10.1.2.3/24` is taken; undefined when the container has no such label. */
function addressFromLabel(container: Container, label: string): string | undefined {
	const value = label === "" ? undefined : container.labels[label];
	if (value === undefined || value === "") return undefined;
	const slash = value.lastIndexOf("/");
	return slash < 0 ? value : value.slice(0, slash);
}

function addressOfPort(
	container: Container,
	port: ServicePort,
	peer: Container | undefined,
	options: AddressOptions,
): string | undefined {
	const mode = container.networkMode;
	// A peer that left meanwhile takes the network with it.
	if (mode.startsWith("container:")) return peer === undefined ? undefined : ownAddress(peer);
	if (mode === "none") return undefined;
	if (mode === "host") return options.ip || options.hostAddress;
	if (options.internal) return ownAddress(container);
	if (options.ip !== "") return options.ip;
	const bound = port.binding?.hostAddress ?? "";
	return bound === "" || bound === "0.0.0.0" || bound === "::" ? options.hostAddress : bound;
}

/**
 * As the reference has it: a peer's address (on the default bridge) beats everything, and on a user network a published port gets
 * the container's address there.
 */
function addressInReference(
	container: Container,
	port: ServicePort,
	peer: Container | undefined,
	labelled: string | undefined,
	options: AddressOptions,
): string {
	const mode = container.networkMode;
	if (mode.startsWith("container:") && peer !== undefined) return peer.addresses["bridge"] ?? "";
	if (labelled !== undefined) return labelled;
	if (options.internal) return ownAddress(container);
	if (options.ip !== "") return options.ip;
	if (!["bridge", "default", "host"].includes(mode)) return container.addresses[mode] ?? "";
	const bound = port.binding?.hostAddress ?? "";
	return bound === "" || bound === "0.0.0.0" ? options.hostAddress : bound;
}

/** The container's address in its main network; empty when it has none. */
function ownAddress(container: Container): string {
	return addressIn(container, mainNetwork(container) ?? "") ?? "";
}

/** The network that the container was started with if it is in it, else the first by name. */
function mainNetwork(container: Container): string | undefined {
	const mode = container.networkMode === "default" ? "bridge" : container.networkMode;
	return addressIn(container, mode) === undefined ? networksOf(container)[0] : mode;
}

/** Its IPv4 address there, else its IPv6 one. */
function addressIn(container: Container, network: string): string | undefined {
	return container.addresses[network] ?? container.addresses6[network];
}

/** Names of the networks in which the container has an address, sorted. */
function networksOf(container: Container): string[] {
	return [...new Set([...Object.keys(container.addresses), ...Object.keys(container.addresses6)])].sort();
}

/** 127.0.0.0/8 and ::1: an address that no other machine can use. */
export function isLoopback(address: string): boolean {
	return address.startsWith("127.") || address === "::1";
}

/** `address:port` with the brackets that an IPv6 address needs. */
export function hostAndPort(endpoint: Endpoint): string {
	const address = endpoint.address.includes(":") ? `[${endpoint.address}]` : endpoint.address;
	return `${address}:${endpoint.port}`;
}
