import type { Clock, Network, Random } from "../../lib/env/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { createForwardingEndpoints, type ForwardingEndpoints } from "../rpc/forward/index.ts";
import { type EventAudience, eventEndpoints, type UserEvent } from "../rpc/index.ts";
import { aliveServers, serversOf } from "./cluster/index.ts";
import { encodeUserEvent, type LanPool } from "./pool/index.ts";

/** Endpoints of an agent that is no server: a server that gossip shows is asked. Without one every question fails with `NO_LEADER`. */
export function clientEndpoints(parts: {
	readonly config: RuntimeConfig;
	/** The pool, once there is one. */
	readonly pool: () => LanPool | undefined;
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	readonly logger: Logger;
	readonly sendEvent: (event: UserEvent) => void;
	readonly eventAudience: EventAudience;
}): ForwardingEndpoints {
	const { config, pool, clock, random, network, logger } = parts;
	const members = () => pool()?.members() ?? [];
	const sendElsewhere = async (event: UserEvent, datacenter: string) => {
		const { payload } = encodeUserEvent(event);
		await endpoints.spreadEvent?.(datacenter, event.name, payload);
	};
	const endpoints = createForwardingEndpoints({
		network,
		clock,
		random,
		logger: logger.named("agent.rpc"),
		datacenter: config.datacenter,
		own: undefined,
		leads: () => false,
		leaderAddress: () => "",
		servers: () => aliveServers(serversOf(members(), config.datacenter), config.nodeName),
		memberCount: () => members().length,
		event: eventEndpoints({
			clock,
			random,
			audience: parts.eventAudience,
			send: parts.sendEvent,
			datacenter: config.datacenter,
			sendElsewhere,
		}),
		holdTimeoutMs: config.cluster.rpcHoldMs,
	});
	return endpoints;
}
