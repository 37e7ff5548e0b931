import { join } from "node:path";
import { RE2JS } from "re2js";
import { type Address, type Clock, type Disk, type Network, type Random, shuffle } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { RuntimeConfig } from "../../config/index.ts";
import {
	type Coordinate,
	decodeTags,
	type Member,
	openSnapshot,
	type PoolSnapshot,
	type RemoteNode,
	Serf,
	type SerfEvent,
	serfSettings,
	swimPresets,
} from "../../gossip/index.ts";
import type { AgentMemberRecord, MemberPool } from "../../local/index.ts";
import type { UserEvent } from "../../rpc/index.ts";
import { resolveJoinAddress } from "./join-address.ts";
import { openKeyring } from "./keyring-file.ts";
import { decodeUserEvent, encodeUserEvent, userEventPrefix } from "./user-event.ts";

/** Events of ours whose echo is still to be passed over, at most. */
const ownEventsMax = 256;

export interface LanPoolParts {
	readonly config: RuntimeConfig;
	/** This agent as the others are to see it. */
	readonly self: AgentMemberRecord;
	/** Empty: nothing is kept. */
	readonly dataFolder: string;
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	readonly disk: Disk;
	readonly logger: Logger;
	/** A user event of another member. */
	readonly onUserEvent: (event: UserEvent) => void;
	/** A member has come, changed, failed or left; one that is forgotten is told as left. */
	readonly onMember: (member: AgentMemberRecord) => void;
	/** Another member has our name, and the others know that one: this agent has to end. */
	readonly onNameConflict: () => void;
}

/** The pool of the datacenter's agents. */
export interface LanPool extends MemberPool {
	/** This agent first. */
	members(): readonly AgentMemberRecord[];
	/** As `MemberPool.join`, for several: resolves when one was joined. */
	joinAny(addresses: readonly string[]): Promise<void>;
	/** Tells the others; a user event that was made here. */
	send(event: UserEvent): void;
	/** As `send`, of one that another agent has made (its name, and the bytes around it): it comes to this one, too. */
	spread(name: string, payload: Uint8Array): void;
	readonly coordinate: Coordinate;
	/** Says good-bye. The pool must be closed afterwards. */
	leave(): Promise<void>;
	close(): Promise<void>;
}

/** Opens the pool's sockets. Fails with `ADDRESS_IN_USE`, `ADDRESS_NOT_AVAILABLE` or `KEYRING_FILE_INVALID`. */
export async function openLanPool(parts: LanPoolParts): Promise<LanPool> {
	const { config, self, dataFolder, clock, random, network, disk, logger } = parts;
	const { keyring, save } = await openKeyring(config.gossip, dataFolder, disk, logger);
	const ownEvents = new Set<string>();
	let snapshot: PoolSnapshot | undefined;
	if (dataFolder !== "") {
		await disk.makeFolder(join(dataFolder, "serf"));
		snapshot = await openSnapshot({
			disk,
			path: join(dataFolder, "serf", "local.snapshot"),
			rejoinAfterLeave: config.gossip.rejoinAfterLeave,
			clock,
			clocks: () => serf.clocks,
			logger,
		});
	}
	const serf = new Serf({
		swim: {
			name: self.name,
			bind: { host: config.gossip.bindAddress, port: config.ports.serfLan },
			advertise: { host: self.address, port: config.ports.serfLan },
			settings: swimSettings(config),
			framing: {
				random,
				label: "",
				keyring,
				verifyIncoming: config.gossip.verifyIncoming,
				verifyOutgoing: config.gossip.verifyOutgoing,
				compress: true,
			},
			clock,
			random,
			network,
			logger,
		},
		settings: {
			...serfSettings,
			leavePropagateDelayMs: 3_000,
			reconnectTimeoutMs: config.gossip.reconnectTimeoutMs,
			// Servers are told apart by their ids; a client with a taken name gives way.
			resolvesNameConflicts: !config.server,
		},
		protocol: 4,
		tags: new Map(Object.entries(self.tags)),
		...(snapshot === undefined ? {} : { clocks: snapshot.clocks }),
		matches: matchesRe2,
		onEvent: (event) => {
			snapshot?.onEvent(event);
			onEvent(event);
		},
		saveKeys: save,
		onNameConflict: parts.onNameConflict,
		refuse: (node) => refusal(node, config, self),
	});

	function onEvent(event: SerfEvent): void {
		if ("member" in event) {
			const { name, address } = event.member;
			logger.info(`serf: EventMember${memberEventNames[event.kind]}: ${name} ${address.host}`);
			const record = memberRecord(event.member);
			parts.onMember(event.kind === "reap" ? { ...record, status: "left" } : record);
		} else if (event.kind === "user") {
			const decoded = decodeUserEvent(event.name, event.payload, event.lamportTime);
			if (decoded === undefined) logger.debug("foreign user event", { name: event.name });
			else if (!ownEvents.delete(decoded.id)) parts.onUserEvent(decoded);
		}
	}

	async function joinAny(addresses: readonly string[]): Promise<void> {
		const failures: string[] = [];
		for (const text of addresses) {
			try {
				const resolved = await resolveJoinAddress(text, config.ports.serfLan);
				await serf.join(resolved, { ignoreOld: true });
				return;
			} catch (error) {
				failures.push(errorMessage(error));
			}
		}
		const count = `${failures.length} error${failures.length === 1 ? "" : "s"} occurred:`;
		throw new DiscoError("JOIN_FAILED", [count, ...failures].join("\n\t* "), { retryable: true });
	}

	await serf.start();
	void rejoin(serf, snapshot, random, logger);
	return {
		isEncrypted: keyring !== undefined,
		members: () => {
			const records = serf.members().map(memberRecord);
			const own = records.filter(({ name }) => name === self.name);
			return [...own, ...records.filter(({ name }) => name !== self.name)];
		},
		join: (address) => joinAny([address]),
		joinAny,
		forceLeave: async (name, { prune }) => {
			if (serf.member(name) === undefined)
				throw new DiscoError("MEMBER_UNKNOWN", `agent: No node found with name '${name}'`);
			await serf.forceLeave(name, prune);
		},
		keyring: (operation, { key, relayFactor }) => serf.keys(operation, key, { relayFactor }),
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
			await serf.leave();
			await snapshot?.leave();
		},
		close: async () => {
			await serf.close();
			await snapshot?.close();
		},
	};
}

const memberEventNames = { join: "Join", leave: "Leave", failed: "Failed", update: "Update", reap: "Reap" } as const;

/** The reference's: in dev mode everything is close by and quick. */
function swimSettings(config: RuntimeConfig) {
	const settings = { ...swimPresets.lan, deadNodeReclaimMs: 30_000 };
	return config.dev
		? { ...settings, probeIntervalMs: 100, probeTimeoutMs: 100, gossipIntervalMs: 100, suspicionMult: 3 }
		: settings;
}

function memberRecord(member: Member): AgentMemberRecord {
	return {
		name: member.name,
		address: member.address.host,
		port: member.address.port,
		tags: Object.fromEntries(member.tags),
		status: member.status,
		versions: [...member.versions],
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

/** Members that an earlier life knew are asked one after the other until one answers. */
async function rejoin(serf: Serf, snapshot: PoolSnapshot | undefined, random: Random, logger: Logger): Promise<void> {
	const own: Address = serf.swim.address;
	const known = (snapshot?.members ?? []).filter(
		({ address }) => address.host !== own.host || address.port !== own.port,
	);
	for (const { name, address } of shuffle(known, random)) {
		try {
			await serf.join([address], { ignoreOld: true });
			logger.info(`serf: Re-joined to previously known node: ${name}`);
			return;
		} catch {
			// The next one.
		}
	}
	if (known.length > 0) logger.warn("serf: Failed to re-join any previously known node");
}

function matchesRe2(expression: string, text: string): boolean {
	try {
		return RE2JS.compile(expression).matcher(text).find();
	} catch {
		return false;
	}
}
