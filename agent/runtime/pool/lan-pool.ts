import { errorCode, errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { RuntimeConfig } from "../../config/index.ts";
import { type Coordinate, decodeTags, type RemoteNode, type SerfEvent } from "../../gossip/index.ts";
import type { AgentMemberRecord, MemberPool } from "../../local/index.ts";
import type { UserEvent } from "../../rpc/index.ts";
import {
	type GossipFigures,
	memberRecord,
	openGossipPool,
	outsideOf,
	type PoolSurroundings,
	swimSettings,
} from "./gossip-pool.ts";
import { decodeUserEvent, encodeUserEvent, userEventPrefix } from "./user-event.ts";
import { openWanPool, type RunningWanPool } from "./wan-pool.ts";

/** Events of ours whose echo is still to be passed over, at most. */
const ownEventsMax = 256;

export interface LanPoolParts extends PoolSurroundings {
	/** This agent as the others are to see it. */
	readonly self: AgentMemberRecord;
	readonly wanLogger: Logger;
	/** Whether it takes part in the pool of all datacenters' servers, too. */
	readonly joinsWan: boolean;
	/** Something has changed in that one. */
	readonly onWanChange: () => void;
	/** A user event of another member. */
	readonly onUserEvent: (event: UserEvent) => void;
	/** A member has come, changed, failed or left; one that is forgotten is told as left. */
	readonly onMember: (member: AgentMemberRecord) => void;
	/** Another member has our name, and the others know that one: this agent has to end. */
	readonly onNameConflict: () => void;
}

/** The pool of the datacenter's agents. */
export interface LanPool extends MemberPool {
	readonly wan?: RunningWanPool;
	/** This agent first. */
	members(): readonly AgentMemberRecord[];
	/** As `MemberPool.join`, for several: resolves when one was joined. */
	joinAny(addresses: readonly string[]): Promise<void>;
	/** Tells the others; a user event that was made here. */
	send(event: UserEvent): void;
	/** As `send`, of one that another agent has made (its name, and the bytes around it): it comes to this one, too. */
	spread(name: string, payload: Uint8Array): void;
	readonly coordinate: Coordinate;
	figures(): GossipFigures;
	/** How late gossip's timers were, at most, since this was last asked. */
	takeLatenessMaxMs(): number;
	/** Says good-bye. The pool must be closed afterwards. */
	leave(): Promise<void>;
	close(): Promise<void>;
}

/** Opens the pool's sockets. Fails with `ADDRESS_IN_USE`, `ADDRESS_NOT_AVAILABLE` or `KEYRING_FILE_INVALID`. */
export async function openLanPool(parts: LanPoolParts): Promise<LanPool> {
	const { config, self, logger } = parts;
	const isOutside = outsideOf(config.gossip.allowedNetworks, "serf_lan_allowed_cidrs");
	const ownEvents = new Set<string>();
	let wan: RunningWanPool | undefined;
	const pool = await openGossipPool(parts, {
		self,
		bindHost: config.gossip.bindAddress,
		fileName: "local",
		settings: swimSettings("lan", config),
		reconnectTimeoutMs: config.gossip.reconnectTimeoutMs,
		// Servers are told apart by their ids; a client with a taken name gives way.
		resolvesNameConflicts: !config.server,
		refuse: (node) => isOutside(node) ?? refusal(node, config, self),
		onEvent,
		onNameConflict: parts.onNameConflict,
	});
	const { serf } = pool;
	try {
		const wanParts = { ...parts, logger: parts.wanLogger, lanMembers: () => pool.members() };
		if (parts.joinsWan) wan = await openWanPool(wanParts);
	} catch (error) {
		// Several `-dev` agents on one address are what people try out.
		if (!config.dev || errorCode(error) !== "ADDRESS_IN_USE") {
			await pool.close();
			throw error;
		}
		parts.wanLogger.debug(`this agent joins no other datacenters: ${errorMessage(error)} (ports.serf_wan)`);
	}

	function onEvent(event: SerfEvent): void {
		if ("member" in event) {
			const record = memberRecord(event.member);
			parts.onMember(event.kind === "reap" ? { ...record, status: "left" } : record);
			wan?.lanChanged();
		} else if (event.kind === "user") {
			const decoded = decodeUserEvent(event.name, event.payload, event.lamportTime);
			if (decoded === undefined) logger.debug("foreign user event", { name: event.name });
			else if (!ownEvents.delete(decoded.id)) parts.onUserEvent(decoded);
		}
	}

	return {
		...(wan === undefined ? {} : { wan }),
		isEncrypted: pool.isEncrypted,
		members: () => pool.members(),
		join: (address) => pool.joinAny([address]),
		joinAny: (addresses) => pool.joinAny(addresses),
		forceLeave: async (name, options) => {
			await pool.forceLeave(name, options);
			// A server that has gone from here has gone altogether.
			await wan?.forceLeaveOwn(name, options);
		},
		keyring: (operation, options) => pool.keyring(operation, options),
		figures: () => pool.figures(),
		takeLatenessMaxMs: () => serf.swim.takeLatenessMaxMs(),
		reachability: (options) => pool.reachability(options),
		send: (event) => {
			ownEvents.add(event.id);
			const [oldest] = ownEvents;
			if (ownEvents.size > ownEventsMax && oldest !== undefined) ownEvents.delete(oldest);
			const { name, payload } = encodeUserEvent(event);
			serf.fire(name, payload);
		},
		spread: (name, payload) => serf.fire(`${userEventPrefix}${name}`, payload),
		get coordinate() {
			return serf.coordinate;
		},
		leave: async () => {
			await Promise.all([wan?.leave(), pool.leave()]);
		},
		close: async () => {
			await Promise.all([wan?.close(), pool.close()]);
		},
	};
}

/** Texts as the reference's. Members without one of its roles may be in the pool. */
function refusal(node: RemoteNode, config: RuntimeConfig, self: AgentMemberRecord): string | undefined {
	const tags = decodeTags(node.meta);
	const role = tags.get("role");
	if (role !== "consul" && role !== "node") return undefined;
	const datacenter = tags.get("dc") ?? "";
	if (datacenter !== config.datacenter) return `Member '${node.name}' part of wrong datacenter '${datacenter}'`;
	const id = tags.get("id");
	const isGone = node.status === "left" || node.status === "dead";
	if (id !== undefined && id === self.tags["id"] && node.name !== self.name && !isGone)
		return `Member '${node.name}' has conflicting node ID '${id}' with this agent's ID`;
	return undefined;
}
