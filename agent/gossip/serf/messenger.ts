import type { Address, Clock, Random } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { encode, Reader } from "../../../lib/msgpack/index.ts";
import type { BroadcastQueue } from "../swim/broadcast-queue.ts";
import { addressBytes, hostOf } from "../swim/pool-node.ts";
import { sameBytes } from "../wire/same-bytes.ts";
import {
	type Query,
	type QueryResponse,
	query,
	queryFlag,
	queryResponse,
	relayHeader,
	serfType,
	type UserEvent,
	userEvent,
} from "../wire/serf-messages.ts";
import { EventRing } from "./event-ring.ts";
import { LamportClock } from "./lamport-clock.ts";
import type { Member, QueryReceived, SerfEvent } from "./member.ts";
import {
	type Asker,
	defaultQueryTimeoutMs,
	encodeFilters,
	OpenQuery,
	passesFilters,
	type QueryOptions,
	type QueryResult,
} from "./query.ts";
import type { SerfSettings } from "./settings.ts";

/** Queries of ours whose time is not over, at most. */
const openQueriesMax = 1_024;
const eventSizeBytesCeiling = 9_216;
/** Protocol from which a member passes on what it is asked to. */
const relayProtocolMin = 5;

export interface MessengerParts {
	readonly name: string;
	readonly settings: SerfSettings;
	readonly gossipIntervalMs: number;
	readonly clock: Clock;
	readonly random: Random;
	readonly eventQueue: BroadcastQueue;
	readonly queryQueue: BroadcastQueue;
	readonly sendTo: (to: Address, message: Uint8Array) => void;
	/** Where others reach us. */
	readonly self: () => Address;
	readonly tags: () => ReadonlyMap<string, string>;
	readonly members: () => readonly Member[];
	readonly matches: (expression: string, text: string) => boolean;
	readonly emit: (event: SerfEvent) => void;
	/** A query that serf itself answers. */
	readonly onInternalQuery: (received: QueryReceived) => void;
}

/** User events and queries: each reaches every member once. serf.md, section 5. */
export class Messenger {
	readonly eventClock = new LamportClock();
	readonly queryClock = new LamportClock();
	readonly events: EventRing<{ readonly name: string; readonly payload: Uint8Array }>;
	readonly queries: EventRing<number>;
	readonly #parts: MessengerParts;
	readonly #open = new Map<number, OpenQuery>();

	constructor(parts: MessengerParts) {
		this.#parts = parts;
		const { eventBuffer } = parts.settings;
		this.events = new EventRing(eventBuffer, (a, b) => a.name === b.name && sameBytes(a.payload, b.payload));
		this.queries = new EventRing(eventBuffer, (a, b) => a === b);
	}

	/** Tells everybody. Fails with `EVENT_TOO_LARGE`. */
	fire(name: string, payload: Uint8Array, coalesce: boolean): void {
		const limit = Math.min(this.#parts.settings.userEventSizeBytesMax, eventSizeBytesCeiling);
		const event: UserEvent = { LTime: this.eventClock.time, Name: name, Payload: orNil(payload), CC: coalesce };
		const message = encode(userEvent, event, serfType.userEvent);
		if (message.length > limit)
			throw new DiscoError(
				"EVENT_TOO_LARGE",
				`user event exceeds sane limit of ${limit} bytes: it has ${message.length}`,
			);
		this.eventClock.increment();
		this.receiveEvent(event);
		this.#parts.eventQueue.push(message);
	}

	/** Whether it is news, to be passed on. */
	receiveEvent({ LTime, Name, Payload, CC }: UserEvent): boolean {
		this.eventClock.witness(LTime);
		const payload = (Payload ?? new Uint8Array()).slice();
		if (!this.events.add(LTime, { name: Name, payload }, this.eventClock.time)) return false;
		this.#parts.emit({ kind: "user", name: Name, payload, lamportTime: LTime, coalesce: CC });
		return true;
	}

	/**
	 * Asks everybody, or those the options name. Resolves at the end of its time with what was answered. Fails with
	 * `QUERY_TOO_LARGE` or `QUERIES_TOO_MANY`.
	 */
	async ask(name: string, payload: Uint8Array, options: QueryOptions): Promise<QueryResult> {
		const { settings, random, clock, gossipIntervalMs, members } = this.#parts;
		const timeoutMs =
			options.timeoutMs ?? defaultQueryTimeoutMs(gossipIntervalMs, settings.queryTimeoutMult, members().length);
		const self = this.#parts.self();
		const asked: Query = {
			LTime: this.queryClock.time,
			ID: Math.floor(random.next() * 2 ** 32),
			Addr: addressBytes(self.host),
			Port: self.port,
			SourceNode: this.#parts.name,
			Filters: encodeFilters(options),
			Flags: options.ack === true ? queryFlag.ack : 0,
			RelayFactor: options.relayFactor ?? 0,
			Timeout: Math.round(timeoutMs * 1e6),
			Name: name,
			Payload: orNil(payload),
		};
		const message = encode(query, asked, serfType.query);
		if (message.length > settings.querySizeBytesMax)
			throw new DiscoError("QUERY_TOO_LARGE", `query exceeds limit of ${settings.querySizeBytesMax} bytes`);
		if (this.#open.size >= openQueriesMax)
			throw new DiscoError("QUERIES_TOO_MANY", `${openQueriesMax} queries are open`, { retryable: true });
		const open = new OpenQuery(asked.ID, options);
		this.#open.set(asked.LTime, open);
		this.receiveQuery(asked);
		this.#parts.queryQueue.push(message);
		await new Promise<void>((resolve) => void clock.after(timeoutMs, resolve));
		this.#open.delete(asked.LTime);
		return open.result();
	}

	/** Whether it is to be passed on. */
	receiveQuery(received: Query): boolean {
		const { name, tags, matches, emit, onInternalQuery } = this.#parts;
		this.queryClock.witness(received.LTime);
		if (!this.queries.add(received.LTime, received.ID, this.queryClock.time)) return false;
		const isPassedOn = (received.Flags & queryFlag.noBroadcast) === 0;
		const host = hostOf(received.Addr);
		if (host === undefined || !passesFilters(received.Filters, { name, tags: tags() }, matches)) return isPassedOn;
		const asker = {
			address: { host, port: received.Port },
			name: received.SourceNode,
			relayFactor: received.RelayFactor,
		};
		const answer = { LTime: received.LTime, ID: received.ID, From: name };
		if ((received.Flags & queryFlag.ack) !== 0) this.#answer({ ...answer, Flags: queryFlag.ack, Payload: null }, asker);
		const event = this.#received(received, (payload) => {
			this.#answer({ ...answer, Flags: 0, Payload: orNil(payload) }, asker);
		});
		if (event.name.startsWith("_serf_")) onInternalQuery(event);
		else emit(event);
		return isPassedOn;
	}

	receiveResponse(response: QueryResponse): void {
		const open = this.#open.get(response.LTime);
		if (open?.id === response.ID) open.receive(response);
	}

	/** Sends on what another member wrapped for somebody. */
	relay(message: Uint8Array, bodyAt: number, to: { readonly IP: Uint8Array | null; readonly Port: number }): void {
		const host = hostOf(to.IP);
		if (host === undefined || to.Port <= 0 || to.Port > 65_535 || bodyAt >= message.length) return;
		this.#parts.sendTo({ host, port: to.Port }, message.subarray(bodyAt));
	}

	#received(received: Query, send: (payload: Uint8Array) => void): QueryReceived {
		const { clock, settings } = this.#parts;
		const deadlineMs = clock.monotonicMs() + received.Timeout / 1e6;
		let answered = false;
		return {
			kind: "query",
			name: received.Name,
			payload: (received.Payload ?? new Uint8Array()).slice(),
			lamportTime: received.LTime,
			from: received.SourceNode,
			respond: (payload) => {
				if (answered || clock.monotonicMs() > deadlineMs) return;
				const limit = settings.queryResponseSizeBytesMax;
				if (payload.length > limit)
					throw new DiscoError("QUERY_RESPONSE_TOO_LARGE", `response exceeds limit of ${limit} bytes`);
				answered = true;
				send(payload);
			},
		};
	}

	/** To the asker, and through as many others as it wants: one way may be broken. */
	#answer(response: QueryResponse, { address, name, relayFactor }: Asker): void {
		const message = encode(queryResponse, response, serfType.queryResponse);
		this.#parts.sendTo(address, message);
		if (relayFactor === 0) return;
		const header = { DestAddr: { IP: addressBytes(address.host), Port: address.port, Zone: "" }, DestName: name };
		const wrapped = Uint8Array.of(...encode(relayHeader, header, serfType.relay), ...message);
		for (const member of this.#relays(relayFactor)) this.#parts.sendTo(member.address, wrapped);
	}

	#relays(count: number): readonly Member[] {
		const fit = this.#parts
			.members()
			.filter(
				(member) =>
					member.status === "alive" &&
					member.name !== this.#parts.name &&
					(member.versions[4] ?? 0) >= relayProtocolMin,
			);
		if (fit.length < count) return [];
		for (let at = 0; at < count; at++) {
			const other = at + Math.floor(this.#parts.random.next() * (fit.length - at));
			[fit[at], fit[other]] = [fit[other] as Member, fit[at] as Member];
		}
		return fit.slice(0, count);
	}
}

/** Reads the header of a relayed message: where it goes, and where it begins. */
export function readRelay(message: Uint8Array): {
	readonly to: { readonly IP: Uint8Array | null; readonly Port: number };
	readonly bodyAt: number;
} {
	const reader = new Reader(message, 1);
	const { DestAddr } = relayHeader.read(reader);
	return { to: DestAddr, bodyAt: reader.offset };
}

/** Empty bytes go out as nil, as the peers do. */
function orNil(payload: Uint8Array): Uint8Array | null {
	return payload.length === 0 ? null : payload;
}
