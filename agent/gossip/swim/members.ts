import type { Address, Clock, Random } from "../../../lib/env/index.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { encode } from "../../../lib/msgpack/index.ts";
import {
	type Alive,
	alive,
	type Dead,
	dead,
	messageType,
	type NodeState,
	type Suspect,
	suspect,
} from "../wire/messages.ts";
import { sameBytes } from "../wire/same-bytes.ts";
import type { Awareness } from "./awareness.ts";
import { BroadcastQueue } from "./broadcast-queue.ts";
import type { RemoteNode, SwimDelegate } from "./delegate.ts";
import { retransmitLimit, suspicionMinMs } from "./formulas.ts";
import type { NodeDirectory } from "./node-directory.ts";
import { type MutableNode, NodeList } from "./node-list.ts";
import { addressBytes, aliveMessage, hostOf, isGone, type PoolNode, statusOf } from "./pool-node.ts";
import type { SwimSettings } from "./settings.ts";
import { Suspicion } from "./suspicion.ts";

/** Broadcasts of membership that wait, at most. */
const broadcastsMax = 65_536;
/** Nodes that are known, at most: further ones are not taken up. */
const nodesMax = 100_000;
const nameSizeMax = 255;
const metaSizeBytesMax = 512;

/**
 * Who is in the pool: the rules for alive, suspect and dead messages (memberlist.md, section 7). Every change goes out as a
 * broadcast and to the delegate.
 */
export class Members {
	readonly list: NodeList;
	readonly broadcasts: BroadcastQueue;
	readonly #name: string;
	readonly #settings: SwimSettings;
	readonly #clock: Clock;
	readonly #awareness: Awareness;
	readonly #delegate: SwimDelegate;
	readonly #logger: Logger;
	readonly #suspicions = new Map<string, Suspicion>();
	#incarnation = 0;
	#leaving = false;
	#refutations = 0;

	constructor(parts: {
		readonly name: string;
		readonly directory: NodeDirectory;
		readonly settings: SwimSettings;
		readonly clock: Clock;
		readonly random: Random;
		readonly awareness: Awareness;
		readonly delegate: SwimDelegate;
		readonly logger: Logger;
	}) {
		this.#name = parts.name;
		this.#settings = parts.settings;
		this.#clock = parts.clock;
		this.#awareness = parts.awareness;
		this.#delegate = parts.delegate;
		this.#logger = parts.logger;
		this.list = new NodeList(parts.random, parts.directory);
		this.broadcasts = new BroadcastQueue({
			transmitLimit: () => retransmitLimit(this.#settings.retransmitMult, this.list.size),
			countMax: broadcastsMax,
		});
	}

	/** How often others took us for suspect or dead. */
	get refutations(): number {
		return this.#refutations;
	}

	get self(): PoolNode | undefined {
		return this.list.get(this.#name);
	}

	/** Whether anybody but us is there. */
	hasOthers(): boolean {
		for (const node of this.list.all()) if (node.name !== this.#name && !isGone(node)) return true;
		return false;
	}

	/** Makes us, or tells the others what of us has changed. */
	announceSelf(address: Address, versions: Uint8Array): void {
		this.#incarnation++;
		const message: Alive = {
			Incarnation: this.#incarnation,
			Node: this.#name,
			Addr: addressBytes(address.host),
			Port: address.port,
			Meta: this.#delegate.meta(),
			Vsn: versions,
		};
		this.alive(message, { own: true });
	}

	/** Tells the others that we leave; resolves when that was sent often enough. */
	announceLeave(): Promise<void> {
		this.#leaving = true;
		const self = this.self;
		if (self === undefined) return Promise.resolve();
		return new Promise((resolve) => {
			this.#dead({ Incarnation: self.incarnation, Node: self.name, From: self.name }, resolve);
		});
	}

	/** Ends all timers. */
	close(): void {
		for (const suspicion of this.#suspicions.values()) suspicion.cancel();
		this.#suspicions.clear();
	}

	/** `own`: it is our own word about ourselves and not what others say. */
	alive(message: Alive, { own } = { own: false }): void {
		if (this.#leaving && message.Node === this.#name) return;
		if (this.#isOld(message.Node, message)) return;
		const told = remoteNode(message, "alive");
		if (told === undefined || !areVersions(told.versions)) return;
		const refusal = own ? undefined : this.#delegate.refuseAlive?.(told);
		if (refusal !== undefined) {
			this.#logger.warn(`ignoring an alive message for '${told.name}': ${refusal}`);
			return;
		}
		const node = this.list.get(message.Node) ?? this.#add(told);
		if (node === undefined) return;
		const { announcement: before } = node;
		const moved = !sameAddress(before.address, told.address);
		if (moved && !this.#mayMove(node)) {
			this.#logger.error(
				`conflicting address for ${node.name}: mine ${text(before.address)}, theirs ${text(told.address)}`,
			);
			this.#delegate.onConflict(node, told);
			return;
		}
		const isSelf = node.name === this.#name;
		if (message.Incarnation < node.incarnation && isSelf) return;
		if (message.Incarnation <= node.incarnation && !isSelf && !moved) return;
		this.#endSuspicion(node.name);
		if (isSelf && !own) {
			const isEcho =
				message.Incarnation === node.incarnation &&
				sameBytes(told.meta, before.meta) &&
				sameBytes(told.versions, before.versions);
			if (!isEcho) this.#refute(node, message.Incarnation);
			return;
		}
		this.#broadcast(node.name, encode(alive, message, messageType.alive));
		const wasGone = isGone(node);
		node.setIncarnation(message.Incarnation);
		node.setAnnouncement(this.list.announcement(told));
		this.#setStatus(node, "alive");
		if (wasGone) this.#delegate.onJoin(node);
		else if (!sameBytes(before.meta, told.meta)) this.#delegate.onUpdate(node);
	}

	suspect(message: Suspect): void {
		const node = this.list.get(message.Node);
		if (node === undefined || message.Incarnation < node.incarnation) return;
		const running = this.#suspicions.get(node.name);
		if (running !== undefined) {
			if (running.confirm(message.From)) this.#broadcast(node.name, encode(suspect, message, messageType.suspect));
			return;
		}
		if (node.status !== "alive") return;
		if (node.name === this.#name) {
			this.#logger.warn(`refuting a suspect message (from: ${message.From})`);
			this.#refute(node, message.Incarnation);
			return;
		}
		this.#broadcast(node.name, encode(suspect, message, messageType.suspect));
		node.setIncarnation(message.Incarnation);
		this.#setStatus(node, "suspect");
		this.#suspicions.set(node.name, this.#startSuspicion(node, message.From));
	}

	dead(message: Dead): void {
		this.#dead(message, undefined);
	}

	/** What another member knows. Its dead and suspect ones are only suspects here: we ask for ourselves. */
	merge(states: readonly NodeState[]): void {
		for (const state of states) {
			const { Name: Node, Incarnation } = state;
			const status = statusOf(state.State);
			if (status === "alive") {
				if (!this.#isOld(Node, state)) this.alive({ ...state, Node });
			} else if (status === "left") this.dead({ Incarnation, Node, From: Node });
			else if (status !== undefined) this.suspect({ Incarnation, Node, From: this.#name });
		}
	}

	/** Whether the others of a push/pull speak a version that all of us do; the text says why not. */
	protocolRefusal(states: readonly NodeState[]): string | undefined {
		const versions: Uint8Array[] = [];
		// Nearly all have the same.
		const add = (one: Uint8Array) => {
			const last = versions.at(-1);
			if (last === undefined || !sameBytes(last, one)) versions.push(one);
		};
		for (const { State, Vsn } of states) if (State === 0) add(Vsn ?? new Uint8Array());
		for (const node of this.list.all()) if (node.status === "alive") add(node.announcement.versions);
		return versionRefusal(versions);
	}

	/** What nearly every word of a full exchange is: nothing new of somebody else who is where we know it to be. */
	#isOld(name: string, { Incarnation, Addr, Port }: Pick<Alive, "Incarnation" | "Addr" | "Port">): boolean {
		const node = this.list.get(name);
		if (node === undefined || name === this.#name || Incarnation > node.incarnation) return false;
		const { hostBytes, address } = node.announcement;
		return Port === address.port && Addr !== null && sameBytes(Addr, hostBytes);
	}

	#add(told: RemoteNode): MutableNode | undefined {
		if (this.list.size >= nodesMax) return undefined;
		return this.list.add(told, this.#clock.monotonicMs());
	}

	#mayMove(node: PoolNode): boolean {
		if (node.status === "left") return true;
		const reclaimMs = this.#settings.deadNodeReclaimMs;
		const goneMs = this.#clock.monotonicMs() - (node.goneSinceMs ?? 0);
		return node.status === "dead" && reclaimMs > 0 && goneMs > reclaimMs;
	}

	#dead(message: Dead, onSent: (() => void) | undefined): void {
		const node = this.list.get(message.Node);
		if (node === undefined || message.Incarnation < node.incarnation || isGone(node)) {
			onSent?.();
			return;
		}
		this.#endSuspicion(node.name);
		if (node.name === this.#name && !this.#leaving) {
			this.#logger.warn(`refuting a dead message (from: ${message.From})`);
			this.#refute(node, message.Incarnation);
			return;
		}
		this.#broadcast(node.name, encode(dead, message, messageType.dead), onSent);
		node.setIncarnation(message.Incarnation);
		this.#setStatus(node, message.From === message.Node ? "left" : "dead");
		this.#delegate.onLeave(node);
	}

	/** SWIM §4.2: a higher incarnation, which only its owner may make, overrides what others say. */
	#refute(self: MutableNode, accusedIncarnation: number): void {
		this.#incarnation = Math.max(this.#incarnation, accusedIncarnation) + 1;
		self.setIncarnation(this.#incarnation);
		this.#refutations++;
		this.#awareness.apply(1);
		this.#broadcast(self.name, encode(alive, aliveMessage(self), messageType.alive));
	}

	#startSuspicion(node: PoolNode, from: string): Suspicion {
		const { suspicionMult, suspicionMaxTimeoutMult, probeIntervalMs } = this.#settings;
		const count = this.list.size;
		const minMs = suspicionMinMs(suspicionMult, count, probeIntervalMs);
		// Of few nodes not enough could confirm.
		const wanted = count - 2 < suspicionMult - 2 ? 0 : suspicionMult - 2;
		const { incarnation } = node;
		return new Suspicion({
			clock: this.#clock,
			from,
			wanted,
			minMs,
			maxMs: suspicionMaxTimeoutMult * minMs,
			onTimeout: () => {
				this.#logger.info(`marking ${node.name} as failed, suspect timeout reached`);
				this.dead({ Incarnation: incarnation, Node: node.name, From: this.#name });
			},
		});
	}

	#endSuspicion(name: string): void {
		this.#suspicions.get(name)?.cancel();
		this.#suspicions.delete(name);
	}

	#setStatus(node: MutableNode, status: PoolNode["status"]): void {
		node.setStatus(status, this.#clock.monotonicMs());
	}

	#broadcast(name: string, message: Uint8Array, onFinished?: () => void): void {
		this.broadcasts.push(message, { name, ...(onFinished === undefined ? {} : { onFinished }) });
	}
}

/** What a message tells of a node, or undefined when a field cannot be. */
function remoteNode(message: Alive, status: PoolNode["status"]): RemoteNode | undefined {
	const { Addr: hostBytes } = message;
	const host = hostOf(hostBytes);
	const meta = message.Meta ?? new Uint8Array();
	const isNamed = message.Node !== "" && message.Node.length <= nameSizeMax;
	if (hostBytes === null || host === undefined || !isNamed || meta.length > metaSizeBytesMax) return undefined;
	const address = { host, port: message.Port };
	return { name: message.Node, address, hostBytes, meta, versions: message.Vsn ?? new Uint8Array(), status };
}

/** The nodes of a push/pull; those with impossible fields are left out. */
export function remoteNodes(states: readonly NodeState[]): readonly RemoteNode[] {
	return states.flatMap((state) => remoteNode({ ...state, Node: state.Name }, statusOf(state.State) ?? "dead") ?? []);
}

function areVersions(versions: Uint8Array): boolean {
	const [min = 0, max = 0] = versions;
	return versions.length === 6 && min !== 0 && max !== 0 && min <= max;
}

/** Of the protocol (from byte 0) and of the layer above (from byte 3): everybody's version is between all lowest and highest ones. */
function versionRefusal(versions: readonly Uint8Array[]): string | undefined {
	for (const layer of [0, 3]) {
		let lowest = 0;
		let highest = 255;
		for (const [min = 0, max = 0] of versions.map((bytes) => bytes.subarray(layer))) {
			lowest = Math.max(lowest, min);
			highest = Math.min(highest, max);
		}
		for (const bytes of versions) {
			const current = bytes[layer + 2] ?? 0;
			if (current < lowest || current > highest)
				return `a member speaks protocol version ${current}, all of us understand ${lowest} to ${highest}`;
		}
	}
	return undefined;
}

function sameAddress(a: Address, b: Address): boolean {
	return a.host === b.host && a.port === b.port;
}

function text({ host, port }: Address): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
