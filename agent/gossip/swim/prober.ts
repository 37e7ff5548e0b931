import type { Address, Clock, Timer } from "../../../lib/env/index.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { encode } from "../../../lib/msgpack/index.ts";
import {
	type Ack,
	ack,
	type IndirectPing,
	indirectPing,
	messageType,
	nack,
	type Ping,
	ping,
	suspect,
} from "../wire/messages.ts";
import type { Awareness } from "./awareness.ts";
import type { SwimDelegate } from "./delegate.ts";
import type { Members } from "./members.ts";
import type { Announcement } from "./node-directory.ts";
import { addressBytes, hostOf, isGone, type PoolNode, supports } from "./pool-node.ts";
import type { SwimSettings } from "./settings.ts";

/** Pings for others that wait for their answer, at most; further ones are dropped. */
const relayedMax = 4096;

interface Waiting {
	readonly onAck: (payload: Uint8Array) => void;
	readonly onNack: () => void;
	readonly timer: Timer;
}

export interface ProberParts {
	readonly name: string;
	readonly settings: SwimSettings;
	readonly clock: Clock;
	readonly members: Members;
	readonly awareness: Awareness;
	readonly delegate: SwimDelegate;
	readonly logger: Logger;
	readonly send: (to: Address, messages: readonly Uint8Array[], node?: Announcement) => void;
	/** Asks over a stream; resolves with whether the right answer came. */
	readonly pingByStream: (to: Address, ping: Ping, timeoutMs: number) => Promise<boolean>;
	/** Where others reach us. */
	readonly self: () => Address;
}

/** Finds out who does not answer: one member each interval, directly, through others, over a stream. SWIM §3, Lifeguard §IV. */
export class Prober {
	readonly #parts: ProberParts;
	readonly #waiting = new Map<number, Waiting>();
	#sequence = 0;
	#relayed = 0;
	#isProbing = false;
	/** Probes that have begun. */
	probes = 0;
	/** Probes that nobody answered, of all. */
	failedProbes = 0;

	constructor(parts: ProberParts) {
		this.#parts = parts;
	}

	/** Called each probe interval; does nothing while the last probe still runs. */
	tick(): void {
		if (this.#isProbing) return;
		const { members, settings, clock, name } = this.#parts;
		const isForgotten = (node: PoolNode) =>
			clock.monotonicMs() - (node.goneSinceMs ?? Number.POSITIVE_INFINITY) > settings.gossipToTheDeadMs;
		const node = members.list.nextToProbe((one) => one.name !== name && !isGone(one), isForgotten);
		if (node !== undefined) this.#probe(node);
	}

	onPing(message: Ping, from: Address): void {
		if (message.Node !== "" && message.Node !== this.#parts.name) return;
		this.#parts.send(sourceOf(message, from), [encode(ack, this.ackOf(message), messageType.ack)]);
	}

	ackOf(message: Ping): Ack {
		return { SeqNo: message.SeqNo, Payload: this.#parts.delegate.ackPayload() };
	}

	/** Pings for somebody else. */
	onIndirectPing(message: IndirectPing, from: Address): void {
		const host = hostOf(message.Target);
		if (host === undefined || this.#relayed >= relayedMax) return;
		const { send, clock, settings } = this.#parts;
		const asker = sourceOf(message, from);
		this.#relayed++;
		const nackTimer = clock.after(settings.probeTimeoutMs, () => {
			if (message.Nack) send(asker, [encode(nack, { SeqNo: message.SeqNo }, messageType.nack)]);
		});
		const sequence = this.#wait(settings.probeIntervalMs, {
			onAck: () => {
				nackTimer.cancel();
				this.#relayed--;
				send(asker, [encode(ack, { SeqNo: message.SeqNo, Payload: null }, messageType.ack)]);
			},
			onNack: () => undefined,
			onTimeout: () => {
				this.#relayed--;
			},
		});
		send({ host, port: message.Port }, [encode(ping, this.#pingOf(message.Node, sequence), messageType.ping)]);
	}

	onAck({ SeqNo, Payload }: Ack): void {
		const waiting = this.#waiting.get(SeqNo);
		if (waiting === undefined) return;
		waiting.timer.cancel();
		this.#waiting.delete(SeqNo);
		waiting.onAck(Payload ?? new Uint8Array());
	}

	onNack(sequence: number): void {
		this.#waiting.get(sequence)?.onNack();
	}

	close(): void {
		for (const { timer } of this.#waiting.values()) timer.cancel();
		this.#waiting.clear();
	}

	#probe(node: PoolNode): void {
		const { settings, clock, awareness, send, delegate, members } = this.#parts;
		// By its name later: it may be forgotten meanwhile.
		const { name, announcement } = node;
		const intervalMs = awareness.scaleMs(settings.probeIntervalMs);
		const sentMs = clock.monotonicMs();
		let nacks = 0;
		let expectedNacks = 0;
		let byStream: Promise<boolean> = Promise.resolve(false);
		this.#isProbing = true;
		this.probes++;
		const sequence = this.#wait(intervalMs, {
			onAck: (payload) => {
				indirect.cancel();
				this.#isProbing = false;
				awareness.apply(-1);
				const probed = members.list.get(name);
				if (probed !== undefined) delegate.onPing(probed, clock.monotonicMs() - sentMs, payload);
			},
			onNack: () => {
				nacks++;
			},
			onTimeout: () => {
				void byStream.then((answered) => {
					this.#isProbing = false;
					if (answered) {
						awareness.apply(-1);
						this.#parts.logger.warn(
							`${name} answered over a stream but not to datagrams: the network may be misconfigured`,
						);
					} else this.#fail(name, expectedNacks === 0 ? 1 : Math.max(0, expectedNacks - nacks));
				});
			},
		});
		const message = this.#pingOf(name, sequence);
		const messages = [encode(ping, message, messageType.ping)];
		// Buddy system (Lifeguard §IV-C): who is suspected hears of it first, from whoever probes it.
		if (node.status === "suspect") messages.push(this.#suspectMessage(node));
		send(announcement.address, messages, announcement);
		const indirect = clock.after(Math.min(settings.probeTimeoutMs, intervalMs), () => {
			expectedNacks = this.#askOthers(announcement, message);
			if (!settings.streamPings || !supports(announcement, "streamPing")) return;
			const leftMs = Math.max(1, intervalMs - settings.probeTimeoutMs);
			byStream = this.#parts.pingByStream(announcement.address, message, leftMs).catch(() => false);
		});
	}

	/** Number of those who will say so when they get no answer either. */
	#askOthers(node: Announcement, message: Ping): number {
		const { members, settings, send, name } = this.#parts;
		const helpers = members.list.sample(
			settings.indirectChecks,
			(one) => one.status === "alive" && one.name !== name && one.name !== node.name,
		);
		let expectedNacks = 0;
		for (const { announcement: helper } of helpers) {
			const isNacking = supports(helper, "nack");
			if (isNacking) expectedNacks++;
			const request: IndirectPing = {
				...message,
				Target: node.hostBytes,
				Port: node.address.port,
				Nack: isNacking,
			};
			send(helper.address, [encode(indirectPing, request, messageType.indirectPing)], helper);
		}
		return expectedNacks;
	}

	#fail(node: string, awarenessDelta: number): void {
		const { awareness, members, name, logger } = this.#parts;
		this.failedProbes++;
		awareness.apply(awarenessDelta);
		logger.info(`suspect ${node} has failed, no acks received`);
		const { incarnation } = members.list.get(node) ?? {};
		if (incarnation !== undefined) members.suspect({ Incarnation: incarnation, Node: node, From: name });
	}

	#suspectMessage(node: PoolNode): Uint8Array {
		return encode(
			suspect,
			{ Incarnation: node.incarnation, Node: node.name, From: this.#parts.name },
			messageType.suspect,
		);
	}

	#pingOf(node: string, sequence: number): Ping {
		const { host, port } = this.#parts.self();
		return {
			SeqNo: sequence,
			Node: node,
			SourceAddr: addressBytes(host),
			SourcePort: port,
			SourceNode: this.#parts.name,
		};
	}

	#wait(timeoutMs: number, handlers: Pick<Waiting, "onAck" | "onNack"> & { readonly onTimeout: () => void }): number {
		this.#sequence = (this.#sequence + 1) >>> 0;
		const sequence = this.#sequence;
		const timer = this.#parts.clock.after(timeoutMs, () => {
			this.#waiting.delete(sequence);
			handlers.onTimeout();
		});
		this.#waiting.set(sequence, { onAck: handlers.onAck, onNack: handlers.onNack, timer });
		return sequence;
	}
}

/** Where the answer goes: to the address in the message, if there is one, and else back. */
function sourceOf(message: Pick<Ping, "SourceAddr" | "SourcePort">, from: Address): Address {
	const host = hostOf(message.SourceAddr);
	return host === undefined || message.SourcePort === 0 ? from : { host, port: message.SourcePort };
}
