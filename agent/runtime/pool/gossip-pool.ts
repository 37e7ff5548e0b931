import { join } from "node:path";
import { RE2JS } from "re2js";
import { type Address, type Clock, type Disk, type Network, type Random, shuffle } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { ipNetworks } from "../../../lib/ip-networks.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { RuntimeConfig } from "../../config/index.ts";
import {
	type Member,
	openSnapshot,
	type PoolSnapshot,
	type RemoteNode,
	Serf,
	type SerfEvent,
	type SwimSettings,
	serfSettings,
	swimPresets,
} from "../../gossip/index.ts";
import type { AgentMemberRecord, MemberPool } from "../../local/index.ts";
import { resolveJoinAddress } from "./join-address.ts";
import { openKeyring } from "./keyring-file.ts";

/** What a pool is made with, whichever it is. */
export interface PoolSurroundings {
	readonly config: RuntimeConfig;
	/** Empty: nothing is kept. */
	readonly dataFolder: string;
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	readonly disk: Disk;
	readonly logger: Logger;
}

export interface PoolKind {
	/** This agent as the pool sees it. */
	readonly self: AgentMemberRecord;
	readonly bindHost: string;
	/** Of its files in `DATA_DIR/serf`. */
	readonly fileName: "local" | "remote";
	readonly settings: SwimSettings;
	/** A failed member is forgotten after this. */
	readonly reconnectTimeoutMs: number;
	/** Whether who has our name is asked about, and gives way. */
	readonly resolvesNameConflicts: boolean;
	/** Why a node is not of our kind; the text goes to whoever joins. */
	readonly refuse: (node: RemoteNode) => string | undefined;
	readonly onEvent: (event: SerfEvent) => void;
	readonly onNameConflict?: () => void;
}

/** How gossip fares. */
export interface GossipFigures {
	/** Lifeguard's awareness: 0 is well; each point makes this member a probe interval more patient. */
	readonly healthScore: number;
	readonly probes: number;
	readonly failedProbes: number;
	/** How often others took this member for suspect or dead. */
	readonly refutations: number;
}

/** A pool of agents with its keys and what is remembered of it. */
export interface GossipPool extends Pick<MemberPool, "keyring" | "reachability" | "isEncrypted"> {
	readonly serf: Serf;
	/** This agent first. */
	members(): readonly AgentMemberRecord[];
	/** As `MemberPool.join`, for several: resolves when one was joined. */
	joinAny(addresses: readonly string[]): Promise<void>;
	/** As `MemberPool.forceLeave`. */
	forceLeave: MemberPool["forceLeave"];
	/** For the metrics. */
	figures(): GossipFigures;
	/** Says good-bye. The pool must be closed afterwards. */
	leave(): Promise<void>;
	close(): Promise<void>;
}

/** Opens the pool's sockets. Fails with `ADDRESS_IN_USE`, `ADDRESS_NOT_AVAILABLE` or `KEYRING_FILE_INVALID`. */
export async function openGossipPool(parts: PoolSurroundings, kind: PoolKind): Promise<GossipPool> {
	const { config, dataFolder, clock, random, network, disk, logger } = parts;
	const { self, fileName: name } = kind;
	const { keyring, save } = await openKeyring(config.gossip, { dataFolder, name }, disk, logger);
	let snapshot: PoolSnapshot | undefined;
	if (dataFolder !== "") {
		await disk.makeFolder(join(dataFolder, "serf"));
		snapshot = await openSnapshot({
			disk,
			path: join(dataFolder, "serf", `${name}.snapshot`),
			rejoinAfterLeave: config.gossip.rejoinAfterLeave,
			clock,
			clocks: () => serf.clocks,
			logger,
		});
	}
	const serf = new Serf({
		swim: {
			name: self.name,
			bind: { host: kind.bindHost, port: self.port },
			advertise: { host: self.address, port: self.port },
			settings: kind.settings,
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
			reconnectTimeoutMs: kind.reconnectTimeoutMs,
			resolvesNameConflicts: kind.resolvesNameConflicts,
		},
		protocol: 4,
		tags: new Map(Object.entries(self.tags)),
		...(snapshot === undefined ? {} : { clocks: snapshot.clocks }),
		matches: matchesRe2,
		onEvent: (event) => {
			snapshot?.onEvent(event);
			if ("member" in event)
				logger.info(
					`serf: EventMember${memberEventNames[event.kind]}: ${event.member.name} ${event.member.address.host}`,
				);
			kind.onEvent(event);
		},
		saveKeys: save,
		...(kind.onNameConflict === undefined ? {} : { onNameConflict: kind.onNameConflict }),
		refuse: kind.refuse,
	});
	await serf.start();
	void rejoin(serf, snapshot, random, logger);
	return {
		serf,
		isEncrypted: keyring !== undefined,
		members: () => {
			const records = serf.members().map(memberRecord);
			const own = records.filter((record) => record.name === self.name);
			return [...own, ...records.filter((record) => record.name !== self.name)];
		},
		joinAny: (addresses) => joinAny(serf, addresses, self.port),
		forceLeave: async (member, { prune }) => {
			if (serf.member(member) === undefined)
				throw new DiscoError("MEMBER_UNKNOWN", `agent: No node found with name '${member}'`);
			await serf.forceLeave(member, prune);
		},
		keyring: (operation, { key, relayFactor }) => serf.keys(operation, key, { relayFactor }),
		figures: () => ({
			healthScore: serf.swim.awareness.score,
			probes: serf.swim.prober.probes,
			failedProbes: serf.swim.prober.failedProbes,
			refutations: serf.swim.members.refutations,
		}),
		reachability: async (options) => {
			const { members, unknown } = await serf.reachability(options);
			return { members: members.map(({ member, ackMs }) => ({ member: memberRecord(member), ackMs })), unknown };
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

/** A name whose node failed may be taken by another address after this. */
const deadNodeReclaimMs = 30_000;

/** The reference's: in dev mode everything is close by and quick. */
export function swimSettings(pool: "lan" | "wan", { dev, gossip }: RuntimeConfig): SwimSettings {
	const quick = { probeIntervalMs: 100, probeTimeoutMs: 100, gossipIntervalMs: 100, suspicionMult: 3 };
	return {
		...swimPresets[pool],
		deadNodeReclaimMs,
		...(dev ? quick : {}),
		...(pool === "lan" ? gossip.swim : gossip.wanSwim),
	};
}

const memberEventNames = { join: "Join", leave: "Leave", failed: "Failed", update: "Update", reap: "Reap" } as const;

/**
 * All addresses are tried, as in the reference: agents that start at the same time and know each other's addresses must not end up in
 * several pools because each stopped at the first that answered. Joining oneself counts only where no other address is given.
 */
async function joinAny(serf: Serf, addresses: readonly string[], defaultPort: number): Promise<void> {
	const own = serf.swim.address;
	const outcomes = await Promise.allSettled(
		addresses.map(async (text) => {
			const resolved = await resolveJoinAddress(text, defaultPort);
			await serf.join(resolved, { ignoreOld: true });
			return resolved.every(({ host, port }) => host === own.host && port === own.port);
		}),
	);
	const joined = outcomes.filter((outcome) => outcome.status === "fulfilled");
	const failed = outcomes.filter((outcome) => outcome.status === "rejected");
	if (joined.some(({ value: isOwn }) => !isOwn) || (joined.length > 0 && failed.length === 0)) return;
	const count = `${failed.length} error${failed.length === 1 ? "" : "s"} occurred:`;
	const texts = failed.map(({ reason }) => errorMessage(reason));
	throw new DiscoError("JOIN_FAILED", [count, ...texts].join("\n\t* "), { retryable: true });
}

export function memberRecord(member: Member): AgentMemberRecord {
	return {
		name: member.name,
		address: member.address.host,
		port: member.address.port,
		tags: Object.fromEntries(member.tags),
		status: member.status,
		versions: [...member.versions],
	};
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

/** Why a member is refused that lies in none of the networks (`key` names them); undefined when it may come. Without networks all may. */
export function outsideOf(networks: readonly string[], key: string): (node: RemoteNode) => string | undefined {
	const allowed = ipNetworks(networks);
	return ({ name, address }) =>
		allowed.isEmpty || allowed.has(address.host)
			? undefined
			: `Member '${name}' has address ${address.host}, which is in no network of ${key}`;
}
