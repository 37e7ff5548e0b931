import type { AgentCheckRegistration } from "../lib/api/index.ts";
import type { ServiceHealth } from "./health.ts";

/** One service of one container as it should stand in the registry; every backend writes what it can of it. */
export interface ServiceRegistration {
	readonly id: string;
	readonly name: string;
	readonly tags: readonly string[];
	readonly meta: Readonly<Record<string, string>>;
	/** Empty: the agent's own node. */
	readonly address: string;
	readonly port: number;
	/** Where it is reached by IPv6, beside an IPv4 `address`. */
	readonly ipv6?: { readonly address: string; readonly port: number };
	readonly check?: AgentCheckRegistration;
	/** What the container's HEALTHCHECK says, where the service has a check that follows it. */
	readonly health?: ServiceHealth;
	/** Others may change its tags in the catalog, and they stay so. */
	readonly tagOverride?: true;
	/** How long it drains once its container is told to stop; 0: not at all. */
	readonly drainMs: number;
	readonly innerPort: number;
	/** The host name inside the container. */
	readonly containerHostName: string;
}
