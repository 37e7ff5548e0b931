import type { Timer } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { decodeTags, type RemoteNode, swimPresets } from "../../gossip/index.ts";
import type { AgentMemberRecord, WanPool } from "../../local/index.ts";
import { openGossipPool, outsideOf, type PoolSurroundings } from "./gossip-pool.ts";

/** How often servers of the datacenter that are not in the pool are joined. */
const floodMs = 60_000;

export interface RunningWanPool extends WanPool {
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
	},
): Promise<RunningWanPool> {
	const { config, self, lanMembers, clock, logger } = parts;
	const nameOf = (member: AgentMemberRecord) => `${member.name}.${config.datacenter}`;
	const isOutside = outsideOf(config.gossip.wanAllowedNetworks, "serf_wan_allowed_cidrs");
	const pool = await openGossipPool(parts, {
		self: { ...self, name: nameOf(self), address: config.advertiseWanAddress, port: config.ports.serfWan },
		bindHost: config.bindAddress,
		fileName: "remote",
		settings: swimPresets.wan,
		resolvesNameConflicts: false,
		refuse: (node) => isOutside(node) ?? refusal(node),
		onEvent: () => undefined,
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
			if (pool.serf.member(nameOf(member))?.status === "alive") continue;
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

/** Servers only, as the reference has it. */
function refusal({ name, meta }: RemoteNode): string | undefined {
	const role = decodeTags(meta).get("role");
	return role === "consul" ? undefined : `Non-server, non-dev member '${name}' attempts to join the WAN pool`;
}
