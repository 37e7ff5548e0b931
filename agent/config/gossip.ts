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
	/** A failed member is forgotten after this. */
	readonly reconnectTimeoutMs: number;
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
		reconnectTimeoutMs: given.reconnect_timeout ?? reconnectTimeoutMsDefault,
	};
}
