import type { Timer } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { type Coordinate, decodeTags, type RemoteNode } from "../../gossip/index.ts";
import type { AgentMemberRecord, WanPool } from "../../local/index.ts";
import { serverMember } from "../cluster/index.ts";
import { openGossipPool, outsideOf, type PoolSurroundings, swimSettings } from "./gossip-pool.ts";

/** How often servers of the datacenter that are not in the pool are joined. */
const floodMs = 60_000;

export interface RunningWanPool extends WanPool {
	/** As `join`, for several: resolves when one was joined. */
	joinAny(addresses: readonly string[]): Promise<void>;
	/** As `forceLeave`, by the name that the server has in its datacenter's pool; nothing when it is not in this one. */
	forceLeaveOwn: WanPool["forceLeave"];
	/** Of a member that answered a probe, and of this server. */
	coordinateOf(name: string): Coordinate | undefined;
	/** A member of the datacenter's pool has come or changed. */
	lanChanged(): void;
	leave(): Promise<void>;
	close(): Promise<void>;
}

/**
 * The pool of the servers of all datacenters; their names have the datacenter behind them. Every server that the datacenter's own
 * pool shows is joined. Fails as `openGossipPool` does.
 */
export async function openWanPool(
	parts: PoolSurroundings & {
		readonly self: AgentMemberRecord;
		readonly lanMembers: () => readonly AgentMemberRecord[];
		/** Something of its members has changed. */
		readonly onWanChange: () => void;
	},
): Promise<RunningWanPool> {
	const { config, self, lanMembers, clock, logger } = parts;
	const nameOf = (member: string) => `${member}.${config.datacenter}`;
	const isOutside = outsideOf(config.gossip.wanAllowedNetworks, "serf_wan_allowed_cidrs");
	// Of use in the datacenter's own pool only.
	const { wan_join_port: _, ...tags } = self.tags;
	const pool = await openGossipPool(parts, {
		self: {
			...self,
			tags,
			name: nameOf(self.name),
			address: config.advertiseWanAddress,
			port: config.ports.serfWan,
		},
		bindHost: config.gossip.wanBindAddress,
		fileName: "remote",
		settings: swimSettings("wan", config),
		reconnectTimeoutMs: config.gossip.wanReconnectTimeoutMs,
		resolvesNameConflicts: false,
		refuse: (node) => isOutside(node) ?? refusal(node),
		onEvent: (event) => {
			if ("member" in event) parts.onWanChange();
		},
	});
	let timer: Timer | undefined;
	let flooding = false;
	let closed = false;

	async function flood(): Promise<void> {
		if (flooding || closed) return;
		flooding = true;
		for (const member of lanMembers()) {
			const port = Number(member.tags["wan_join_port"] ?? 0);
			if (member.tags["role"] !== "consul" || member.status !== "alive" || port === 0) continue;
			if (pool.serf.member(nameOf(member.name))?.status === "alive") continue;
			try {
				await pool.serf.join([{ host: member.address, port }], { ignoreOld: true });
			} catch (error) {
				logger.debug("a server is not in the pool of all datacenters yet", {
					server: member.name,
					error: errorMessage(error),
				});
			}
		}
		flooding = false;
		timer?.cancel();
		if (!closed) timer = clock.after(floodMs, () => void flood());
	}

	void flood();
	return {
		isEncrypted: pool.isEncrypted,
		members: () => pool.members(),
		join: (address) => pool.joinAny([address]),
		joinAny: (addresses) => pool.joinAny(addresses),
		forceLeave: (name, options) => pool.forceLeave(name, options),
		forceLeaveOwn: async (name, options) => {
			if (pool.serf.member(nameOf(name)) !== undefined) await pool.forceLeave(nameOf(name), options);
		},
		coordinateOf: (name) => pool.serf.coordinateOf(name),
		keyring: (operation, options) => pool.keyring(operation, options),
		reachability: (options) => pool.reachability(options),
		lanChanged: () => void flood(),
		leave: () => pool.leave(),
		async close() {
			closed = true;
			timer?.cancel();
			await pool.close();
		},
	};
}

/** Servers only; the text is the reference's. */
function refusal({ name, meta, address, status }: RemoteNode): string | undefined {
	// What has gone may be of a kind that nobody would let in today.
	if (status === "left" || status === "dead") return undefined;
	const tags = Object.fromEntries(decodeTags(meta));
	const isServer = serverMember({ name, address: address.host, status: "alive", tags }) !== undefined;
	return isServer ? undefined : `Member '${name}' is not a server`;
}
