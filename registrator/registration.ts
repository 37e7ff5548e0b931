import type { AgentCheckRegistration } from "../lib/api/index.ts";

/** One service of one container as it should stand in the registry; every backend writes what it can of it. */
export interface ServiceRegistration {
	readonly id: string;
	readonly name: string;
	readonly tags: readonly string[];
	readonly meta: Readonly<Record<string, string>>;
	/** Empty: the agent's own node. */
	readonly address: string;
	readonly port: number;
	readonly check?: AgentCheckRegistration;
	readonly innerPort: number;
	/** The host name inside the container. */
	readonly containerHostName: string;
}
