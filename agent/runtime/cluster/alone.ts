import type { Clock } from "../../../lib/env/index.ts";
import { apiVersion } from "../../../lib/version.ts";
import type { LogState, Peer } from "../../raft/index.ts";
import { createLonelyServerPool } from "../../rpc/index.ts";
import type { ServerRole } from "./server-role.ts";

/** A server with a log of its own: it leads always. Its own health is its own registration's. */
export function alone(parts: {
	readonly self: Peer;
	readonly nodeName: string;
	readonly log: { state(): LogState };
	readonly clock: Clock;
}): ServerRole {
	const { self, nodeName, log, clock } = parts;
	return {
		leadership: { leads: () => true, observe: () => undefined },
		serverPool: createLonelyServerPool({ ...self, node: nodeName, version: apiVersion, log, clock }),
		keeps: ({ name }) => name !== nodeName,
		leaderAddress: () => (log.state().role === "leader" ? self.address : ""),
		peerAddresses: () => [self.address],
		begin: () => undefined,
		look: () => undefined,
		stepDown: () => Promise.resolve(),
		close: () => undefined,
	};
}
