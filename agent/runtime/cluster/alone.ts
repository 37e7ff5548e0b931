import type { Clock } from "../../../lib/env/index.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { apiVersion } from "../../../lib/version.ts";
import type { LogState, Peer } from "../../raft/index.ts";
import { createLonelyServerPool } from "../../rpc/index.ts";
import type { ServerMember } from "./server-member.ts";
import type { ServerRole } from "./server-role.ts";

/** A server that keeps its state in memory (`-dev`): it leads always. Its own health is its own registration's. */
export function alone(parts: {
	readonly self: Peer;
	readonly nodeName: string;
	readonly log: { state(): LogState };
	/** Servers that gossip shows, this one included. */
	readonly servers: () => readonly ServerMember[];
	readonly clock: Clock;
	readonly logger: Logger;
}): ServerRole {
	const { self, nodeName, log, clock, logger } = parts;
	let warned = false;
	return {
		leadership: { leads: () => true, observe: () => undefined },
		serverPool: createLonelyServerPool({ ...self, node: nodeName, version: apiVersion, log, clock }),
		keeps: ({ name }) => name !== nodeName,
		leaderAddress: () => (log.state().role === "leader" ? self.address : ""),
		peerAddresses: () => [self.address],
		standsAlone: () => true,
		begin: () => undefined,
		look() {
			const other = parts.servers().find(({ id, status }) => id !== self.id && status === "alive");
			if (other === undefined || warned) return;
			warned = true;
			logger.warn(
				"another server is in the pool, but this one is for trying out (-dev): it keeps its state in memory and shares it with nobody",
				{ server: other.name },
			);
		},
		stepDown: () => Promise.resolve(),
		close: () => undefined,
	};
}
