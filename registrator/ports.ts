import type { Container, PortBinding } from "./container.ts";

/** A port of a container that may become a service. */
export interface ServicePort {
	readonly innerPort: number;
	/** `tcp`, `udp` or `sctp`. */
	readonly protocol: string;
	/** How the host leads to it, if it does. */
	readonly binding: PortBinding | undefined;
}

/**
 * Every exposed or published port, in the order of number and protocol.
 *
 * In the host's network an exposed port is the host's; with no network, and in another container's network, Docker knows no
 * publishing either, so there the exposed port stands for itself. `compat` takes the first binding in Docker's order as the
 * reference does; otherwise the choice among several is the same each time: IPv4 before IPv6, then the lowest port.
 */
export function servicePorts(container: Container, compat: boolean): ServicePort[] {
	const names = new Set([...container.exposedPorts, ...Object.keys(container.bindings)]);
	return [...names].flatMap((name) => parsePort(name, container, compat)).sort(byNumberAndProtocol);
}

/** `host`, `none` and `container:X`: modes in which a port cannot be published. */
function isUnpublishable(networkMode: string): boolean {
	return networkMode === "host" || networkMode === "none" || networkMode.startsWith("container:");
}

function parsePort(name: string, container: Container, compat: boolean): ServicePort[] {
	const match = /^(\d+)(?:\/(\w+))?$/.exec(name);
	if (match === null) return [];
	const innerPort = Number(match[1]);
	const bindings = container.bindings[name] ?? [];
	// The reference takes every port for one of the host's that Docker's list of bindings does not name, published or not.
	const ofHost = compat ? container.bindings[name] === undefined : isUnpublishable(container.networkMode);
	const binding = ofHost
		? { hostAddress: "0.0.0.0", hostPort: innerPort }
		: compat
			? bindings[0]
			: [...bindings].sort(byFamilyAndPort)[0];
	return [{ innerPort, protocol: match[2] ?? "tcp", binding }];
}

function byNumberAndProtocol(a: ServicePort, b: ServicePort): number {
	return a.innerPort - b.innerPort || (a.protocol < b.protocol ? -1 : 1);
}

function byFamilyAndPort(a: PortBinding, b: PortBinding): number {
	return Number(a.hostAddress.includes(":")) - Number(b.hostAddress.includes(":")) || a.hostPort - b.hostPort;
}
