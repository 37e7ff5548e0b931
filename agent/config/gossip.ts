import { DiscoError } from "../../lib/errors.ts";
import type { Fragment } from "./keys.ts";

/** How this agent takes part in gossip. */
export interface GossipConfig {
	/** Key that was given, base64, checked; empty for none. A secret: never shown. */
	readonly key: string;
	/** Drop what is not encrypted; encrypt what is sent. */
	readonly verifyIncoming: boolean;
	readonly verifyOutgoing: boolean;
	/** Keys are kept in the data folder. */
	readonly keepsKeyring: boolean;
	/** Join the members known before again, although this agent had left. */
	readonly rejoinAfterLeave: boolean;
	/** Address of the pool's sockets. */
	readonly bindAddress: string;
	/** Networks (CIDR) of the members; empty: all. */
	readonly allowedNetworks: readonly string[];
	/** What `gossip_lan` says of SWIM's times and numbers; the rest is as usual. */
	readonly swim: SwimOverrides;
	/** A failed member is forgotten after this. */
	readonly reconnectTimeoutMs: number;
	/** The same of the pool of all datacenters' servers. */
	readonly wanBindAddress: string;
	readonly wanAllowedNetworks: readonly string[];
	readonly wanSwim: SwimOverrides;
	readonly wanReconnectTimeoutMs: number;
}

export interface SwimOverrides {
	readonly gossipIntervalMs?: number;
	readonly gossipNodes?: number;
	readonly probeIntervalMs?: number;
	readonly probeTimeoutMs?: number;
	readonly retransmitMult?: number;
	readonly suspicionMult?: number;
}

const reconnectTimeoutMsDefault = 72 * 3_600_000;

export function gossipConfig(given: Fragment, bindAddress: string): GossipConfig {
	return {
		key: given.encrypt ?? "",
		verifyIncoming: given.encrypt_verify_incoming ?? true,
		verifyOutgoing: given.encrypt_verify_outgoing ?? true,
		keepsKeyring: !(given.disable_keyring_file ?? false),
		rejoinAfterLeave: given.rejoin_after_leave ?? false,
		bindAddress: given.serf_lan || bindAddress,
		allowedNetworks: given.serf_lan_allowed_cidrs ?? [],
		swim: swimOverrides("gossip_lan", given.gossip_lan ?? {}),
		reconnectTimeoutMs: given.reconnect_timeout ?? reconnectTimeoutMsDefault,
		wanBindAddress: given.serf_wan || bindAddress,
		wanAllowedNetworks: given.serf_wan_allowed_cidrs ?? [],
		wanSwim: swimOverrides("gossip_wan", given.gossip_wan ?? {}),
		wanReconnectTimeoutMs: given.reconnect_timeout_wan ?? reconnectTimeoutMsDefault,
	};
}

/** Fails with `CONFIG_INVALID`. */
function swimOverrides(block: string, given: NonNullable<Fragment["gossip_lan"]>): SwimOverrides {
	for (const [key, value] of Object.entries(given)) {
		if (value <= 0) throw new DiscoError("CONFIG_INVALID", `${block}.${key}: ${value} is not above 0`);
	}
	const { gossip_interval, gossip_nodes, probe_interval, probe_timeout, retransmit_mult, suspicion_mult } = given;
	return {
		...(gossip_interval === undefined ? {} : { gossipIntervalMs: gossip_interval }),
		...(gossip_nodes === undefined ? {} : { gossipNodes: gossip_nodes }),
		...(probe_interval === undefined ? {} : { probeIntervalMs: probe_interval }),
		...(probe_timeout === undefined ? {} : { probeTimeoutMs: probe_timeout }),
		...(retransmit_mult === undefined ? {} : { retransmitMult: retransmit_mult }),
		...(suspicion_mult === undefined ? {} : { suspicionMult: suspicion_mult }),
	};
}
