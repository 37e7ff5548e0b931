import type { Address, Clock, DatagramSocket, Listener, Network, Random, Timer } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { decode } from "../../../lib/msgpack/index.ts";
import { type Framing, overheadBytes } from "../wire/framing.ts";
import { ack, alive, dead, indirectPing, messageType, nack, ping, suspect } from "../wire/messages.ts";
import { decodePacket, encodePacket } from "../wire/packet.ts";
import { Awareness } from "./awareness.ts";
import type { SwimDelegate } from "./delegate.ts";
import { pushPullIntervalMs } from "./formulas.ts";
import { Members } from "./members.ts";
import { type Announcement, NodeDirectory } from "./node-directory.ts";
import { type PoolNode, supports } from "./pool-node.ts";
import { Prober } from "./prober.ts";
import type { SwimSettings } from "./settings.ts";
import { StreamExchange } from "./stream-exchange.ts";

/** A compound's header, and what it adds for each message. */
const compoundHeaderBytes = 2;
const compoundMessageBytes = 2;

export interface SwimOptions {
	readonly name: string;
	/** Shared with other members in this process, as in a simulation; one of its own unless given. */
	readonly directory?: NodeDirectory;
	/** Where we listen; port 0 takes a free one. */
	readonly bind: Address;
	/** Where others reach us, an IP address; `bind` unless given. Port 0 stands for the one that is listened on. */
	readonly advertise?: Address;
	/** memberlist.md, section 4. */
	readonly versions: Uint8Array;
	readonly settings: SwimSettings;
	readonly framing: Framing;
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	readonly logger: Logger;
}

/**
 * Membership by gossip (SWIM with Lifeguard), as memberlist speaks it: who is there, who failed, and messages that reach
 * everybody. Nothing happens before `start`; after `close` nothing happens any more.
 */
export class Swim {
	readonly members: Members;
	readonly prober: Prober;
	readonly awareness: Awareness;
	readonly #options: SwimOptions;
	readonly #delegate: SwimDelegate;
	readonly #streams: StreamExchange;
	readonly #timers = new Map<string, Timer>();
	#socket: DatagramSocket | undefined;
	#listener: Listener | undefined;
	#advertise: Address;
	#closed = false;
	#latenessMaxMs = 0;

	constructor(options: SwimOptions, delegate: SwimDelegate) {
		const { name, settings, clock, random, logger } = options;
		this.#options = options;
		this.#delegate = delegate;
		this.#advertise = options.advertise ?? options.bind;
		this.awareness = new Awareness(settings.awarenessMax);
		const { directory = new NodeDirectory() } = options;
		const { awareness } = this;
		this.members = new Members({ name, directory, settings, clock, random, awareness, delegate, logger });
		this.#streams = new StreamExchange({
			...options,
			members: this.members,
			delegate,
			ackOf: (message) => this.prober.ackOf(message),
		});
		this.prober = new Prober({
			name,
			settings,
			clock,
			members: this.members,
			awareness: this.awareness,
			delegate,
			logger,
			send: (to, messages, node) => this.#send(to, messages, node),
			pingByStream: (to, message, timeoutMs) => this.#streams.ping(to, message, timeoutMs),
			self: () => this.#advertise,
		});
	}

	/** Where others reach us. */
	get address(): Address {
		return this.#advertise;
	}

	/** How much later than planned something periodic began, at most, since this was last asked: how busy the process is. */
	takeLatenessMaxMs(): number {
		const latenessMs = this.#latenessMaxMs;
		this.#latenessMaxMs = 0;
		return latenessMs;
	}

	/** Fails with `ADDRESS_IN_USE` or `ADDRESS_NOT_AVAILABLE`. */
	async start(): Promise<void> {
		const { bind, network, settings, versions } = this.#options;
		this.#listener = await network.listen(bind, (connection) => void this.#streams.serve(connection));
		const bound = { host: bind.host, port: this.#listener.local.port };
		try {
			this.#socket = await network.bindDatagram(bound, (packet, from) => this.#receive(packet, from));
		} catch (error) {
			await this.#listener.close();
			throw error;
		}
		this.#advertise = { host: this.#advertise.host, port: this.#advertise.port || bound.port };
		this.members.announceSelf(this.#advertise, versions);
		this.#every(
			"probe",
			() => settings.probeIntervalMs,
			() => this.prober.tick(),
		);
		this.#every(
			"gossip",
			() => settings.gossipIntervalMs,
			() => this.#gossip(),
		);
		this.#every(
			"push/pull",
			() => this.#pushPullIntervalMs(),
			() => void this.#pushPullWithAnyone(),
		);
	}

	/**
	 * Exchanges all state with each address. Resolves with how many answered; fails with `JOIN_FAILED` when none did.
	 */
	async join(addresses: readonly Address[]): Promise<number> {
		const failures: string[] = [];
		let joined = 0;
		for (const address of addresses) {
			try {
				await this.#streams.pushPull(address, true);
				joined++;
			} catch (error) {
				failures.push(`failed to join ${text(address)}: ${errorMessage(error)}`);
			}
		}
		if (joined > 0 || addresses.length === 0) return joined;
		throw new DiscoError("JOIN_FAILED", failures.join("; "), { retryable: true });
	}

	/** Says that we leave, and waits until that was sent, at most `timeoutMs`. */
	async leave(timeoutMs: number): Promise<void> {
		const others = this.members.hasOthers();
		const sent = this.members.announceLeave();
		if (others)
			await Promise.race([sent, new Promise<void>((resolve) => this.#options.clock.after(timeoutMs, resolve))]);
	}

	/** Our meta data changed: the others are told. */
	updateMeta(): void {
		this.members.announceSelf(this.#advertise, this.#options.versions);
	}

	/** A message to one member, by datagram. */
	sendTo(to: Address, message: Uint8Array): void {
		this.#send(to, [userMessage(message)]);
	}

	/** Ends timers and sockets. Idempotent. */
	async close(): Promise<void> {
		this.#closed = true;
		for (const timer of this.#timers.values()) timer.cancel();
		this.prober.close();
		this.members.close();
		await this.#listener?.close();
		await this.#socket?.close();
	}

	#receive(packet: Uint8Array, from: Address): void {
		if (this.#closed) return;
		try {
			for (const message of decodePacket(packet, this.#options.framing)) this.#handle(message, from);
		} catch (error) {
			// The rest of a malformed packet is dropped; what came before it was well-formed.
			this.#options.logger.debug(`a packet from ${text(from)} was dropped: ${errorMessage(error)}`);
		}
	}

	#handle(message: Uint8Array, from: Address): void {
		const type = message[0];
		if (type === messageType.ping) this.prober.onPing(decode(ping, message, 1), from);
		else if (type === messageType.indirectPing) this.prober.onIndirectPing(decode(indirectPing, message, 1), from);
		else if (type === messageType.ack) this.prober.onAck(decode(ack, message, 1));
		else if (type === messageType.nack) this.prober.onNack(decode(nack, message, 1).SeqNo);
		else if (type === messageType.alive) this.members.alive(decode(alive, message, 1));
		else if (type === messageType.suspect) this.members.suspect(decode(suspect, message, 1));
		else if (type === messageType.dead) this.members.dead(decode(dead, message, 1));
		else if (type === messageType.user) this.#delegate.onMessage(message.subarray(1), from);
		else this.#options.logger.debug(`unknown message type ${type} from ${text(from)}`);
	}

	/** As many broadcasts as fit to some members by chance. */
	#gossip(): void {
		const { settings, name, clock } = this.#options;
		const { members } = this;
		const isReached = (node: PoolNode) => {
			if (node.name === name || node.status === "left") return false;
			return clock.monotonicMs() - (node.goneSinceMs ?? Number.POSITIVE_INFINITY) <= settings.gossipToTheDeadMs;
		};
		for (const { announcement } of members.list.sample(settings.gossipNodes, isReached)) {
			const messages = this.#broadcasts(0);
			if (messages.length === 0) return;
			this.#sendPacket(announcement.address, messages, announcement);
		}
	}

	/** Broadcasts that fit into a packet besides messages of `usedBytes`. */
	#broadcasts(usedBytes: number): readonly Uint8Array[] {
		const { settings, framing } = this.#options;
		const freeBytes = settings.packetSizeBytesMax - usedBytes - compoundHeaderBytes - overheadBytes(framing);
		const own = this.members.broadcasts.take(freeBytes, compoundMessageBytes);
		const ownBytes = own.reduce((sum, message) => sum + compoundMessageBytes + message.length, 0);
		const others = this.#delegate.broadcasts(freeBytes - ownBytes, compoundMessageBytes + 1);
		return others.length === 0 ? own : [...own, ...others.map(userMessage)];
	}

	/** With what room is left used for broadcasts. */
	#send(to: Address, messages: readonly Uint8Array[], node?: Announcement): void {
		const usedBytes = messages.reduce((sum, message) => sum + compoundMessageBytes + message.length, 0);
		this.#sendPacket(to, [...messages, ...this.#broadcasts(usedBytes)], node);
	}

	#sendPacket(to: Address, messages: readonly Uint8Array[], node?: Announcement): void {
		if (this.#closed) return;
		const crc = node !== undefined && supports(node, "crc");
		// A compound counts to 255.
		for (let at = 0; at < messages.length; at += 255)
			this.#socket?.send(encodePacket(messages.slice(at, at + 255), this.#options.framing, { crc }), to);
	}

	async #pushPullWithAnyone(): Promise<void> {
		const [node] = this.members.list.sample(1, (one) => one.status === "alive" && one.name !== this.#options.name);
		if (node === undefined) return;
		try {
			await this.#streams.pushPull(node.announcement.address, false);
		} catch (error) {
			this.#options.logger.debug(`push/pull with ${node.name} failed: ${errorMessage(error)}`);
		}
	}

	#pushPullIntervalMs(): number {
		return pushPullIntervalMs(this.#options.settings.pushPullIntervalMs, this.members.list.size);
	}

	/** Repeats, first after a random part of the interval, so that members do not act at the same moment. */
	#every(what: string, intervalMs: () => number, act: () => void): void {
		const { clock, random } = this.#options;
		const arm = (afterMs: number) => {
			const dueMs = clock.monotonicMs() + afterMs;
			const timer = clock.after(afterMs, () => {
				if (this.#closed) return;
				this.#latenessMaxMs = Math.max(this.#latenessMaxMs, clock.monotonicMs() - dueMs);
				arm(intervalMs());
				act();
			});
			this.#timers.set(what, timer);
		};
		arm(random.next() * intervalMs());
	}
}

function userMessage(message: Uint8Array): Uint8Array {
	const whole = new Uint8Array(1 + message.length);
	whole[0] = messageType.user;
	whole.set(message, 1);
	return whole;
}

function text({ host, port }: Address): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
