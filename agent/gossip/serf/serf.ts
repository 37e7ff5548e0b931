import type { Address, Clock, Timer } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { type Codec, decode, encode } from "../../../lib/msgpack/index.ts";
import { type Coordinate, CoordinateClient } from "../coordinate/vivaldi.ts";
import { BroadcastQueue } from "../swim/broadcast-queue.ts";
import type { RemoteNode, SwimDelegate } from "../swim/delegate.ts";
import { retransmitLimit } from "../swim/formulas.ts";
import { NodeDirectory } from "../swim/node-directory.ts";
import type { PoolNode } from "../swim/pool-node.ts";
import { Swim, type SwimOptions } from "../swim/swim.ts";
import {
	coordinatePayload,
	coordinateVersion,
	encodeTags,
	joinIntent,
	leaveIntent,
	query,
	queryResponse,
	serfPushPull,
	serfType,
	userEvent,
} from "../wire/serf-messages.ts";
import { InternalQueries } from "./internal-queries.ts";
import type { KeyOperation, KeyReport } from "./key-queries.ts";
import { LamportClock } from "./lamport-clock.ts";
import type { Member, MemberStatus, SerfEvent } from "./member.ts";
import { MemberTable } from "./member-table.ts";
import { Messenger, readRelay } from "./messenger.ts";
import type { QueryOptions, QueryResult } from "./query.ts";
import { askReachability, type Reachability } from "./reachability.ts";
import type { SerfSettings } from "./settings.ts";
import type { SnapshotClocks } from "./snapshot.ts";

/** Coordinates of others that are remembered, at most. */
const coordinatesMax = 10_000;

export interface SerfOptions {
	readonly swim: Omit<SwimOptions, "versions">;
	readonly settings: SerfSettings;
	/** What the delegate protocol's current version says: 5 for a serf agent, 4 for Consul. */
	readonly protocol: 4 | 5;
	readonly tags: ReadonlyMap<string, string>;
	/** Of an earlier life (`PoolSnapshot.clocks`): what it has seen is not heard again. */
	readonly clocks?: SnapshotClocks;
	/** Whether an expression of RE2 fits anywhere in the text. */
	readonly matches: (expression: string, text: string) => boolean;
	readonly onEvent: (event: SerfEvent) => void;
	/** The keys were changed over the pool and are to be kept; fails when that does not work. */
	readonly saveKeys?: () => Promise<void>;
	/** The others know our name at another address: this node has to end. */
	readonly onNameConflict?: () => void;
	/** Why members are not of our kind (another datacenter); the text goes to whoever joins. */
	readonly refuse?: (node: RemoteNode) => string | undefined;
}

/** A member of a pool as serf speaks it: members with tags and status, events, queries, coordinates. */
export class Serf {
	readonly swim: Swim;
	readonly clock = new LamportClock();
	readonly messenger: Messenger;
	readonly #options: SerfOptions;
	readonly #clock: Clock;
	readonly #logger: Logger;
	readonly #table: MemberTable;
	readonly #coordinates: CoordinateClient;
	readonly #known = new Map<string, Coordinate>();
	readonly #intents: BroadcastQueue;
	readonly #events: BroadcastQueue;
	readonly #queries: BroadcastQueue;
	readonly #internal: InternalQueries;
	readonly #timers = new Map<string, Timer>();
	#tags: ReadonlyMap<string, string>;
	#state: "alive" | "leaving" | "left" | "closed" = "alive";
	/** Joins that want nothing of what happened before. */
	#joinsIgnoringOld = 0;

	constructor(options: SerfOptions) {
		const { directory = new NodeDirectory(), ...rest } = options.swim;
		const swim = { ...rest, directory };
		const { settings } = options;
		this.#options = options;
		this.#tags = options.tags;
		this.#clock = swim.clock;
		this.#logger = swim.logger;
		const queue = () =>
			new BroadcastQueue({
				transmitLimit: () => retransmitLimit(swim.settings.retransmitMult, this.swim.members.list.size),
				countMax: settings.queueMax,
			});
		this.#intents = queue();
		this.#events = queue();
		this.#queries = queue();
		this.#coordinates = new CoordinateClient(swim.random);
		this.#table = new MemberTable({
			self: swim.name,
			directory,
			clock: swim.clock,
			lamport: this.clock,
			settings,
			emit: (event) => this.#emit(event),
			refuteLeave: () => this.#announceJoin(),
		});
		const versions = Uint8Array.of(1, 5, 2, 2, 5, options.protocol);
		this.swim = new Swim({ ...swim, versions }, this.#delegate());
		this.messenger = new Messenger({
			name: swim.name,
			settings,
			gossipIntervalMs: swim.settings.gossipIntervalMs,
			clock: swim.clock,
			random: swim.random,
			eventQueue: this.#events,
			queryQueue: this.#queries,
			sendTo: (to, message) => this.swim.sendTo(to, message),
			self: () => this.swim.address,
			tags: () => this.#tags,
			members: () => this.#table.all(),
			matches: options.matches,
			emit: (event) => this.#emit(event),
			onInternalQuery: (received) => this.#internal.answer(received),
		});
		this.#internal = new InternalQueries({
			name: swim.name,
			keyring: swim.framing.keyring,
			responseSizeBytesMax: settings.queryResponseSizeBytesMax,
			save: options.saveKeys ?? (async () => undefined),
			members: () => this.#table.all(),
			ask: (name, payload, queryOptions) => this.query(name, payload, queryOptions),
			self: () => this.swim.address,
			logger: this.#logger,
		});
	}

	/** For the snapshot. */
	get clocks(): SnapshotClocks {
		const { eventClock, queryClock } = this.messenger;
		return { clock: this.clock.time, eventClock: eventClock.time, queryClock: queryClock.time };
	}

	/** Fails as `Swim.start` does. */
	async start(): Promise<void> {
		const { settings, clocks } = this.#options;
		if (clocks !== undefined) this.#resume(clocks);
		await this.swim.start();
		this.#repeat("reap", settings.reapIntervalMs, () => this.#table.reap());
		this.#repeat("reconnect", settings.reconnectIntervalMs, () => this.#reconnect());
	}

	members(): readonly Member[] {
		return this.#table.all();
	}

	member(name: string): Member | undefined {
		return this.#table.get(name);
	}

	/** As `member(name)?.status`. */
	statusOf(name: string): MemberStatus | undefined {
		return this.#table.statusOf(name);
	}

	/** How many members have that status. */
	count(status: MemberStatus): number {
		return this.#table.count(status);
	}

	/**
	 * Takes over all that another member with the same directory knows of the pool, as if both had been in it for long. For
	 * simulations.
	 */
	adopt(other: Serf): void {
		this.swim.members.list.adopt(other.swim.members.list);
		this.#table.adopt(other.#table);
	}

	/** Ours. */
	get coordinate(): Coordinate {
		return this.#coordinates.coordinate;
	}

	/** Of a member that answered a probe of ours; undefined for others. */
	coordinateOf(name: string): Coordinate | undefined {
		return name === this.#options.swim.name ? this.coordinate : this.#known.get(name);
	}

	/** As `Swim.join`. `ignoreOld`: of the events before nothing is heard. */
	async join(addresses: readonly Address[], { ignoreOld }: { readonly ignoreOld: boolean }): Promise<number> {
		if (ignoreOld) this.#joinsIgnoringOld++;
		try {
			const joined = await this.swim.join(addresses);
			if (joined > 0) this.#announceJoin();
			return joined;
		} finally {
			if (ignoreOld) this.#joinsIgnoringOld--;
		}
	}

	/** Fails with `EVENT_TOO_LARGE`. */
	fire(name: string, payload: Uint8Array, coalesce = false): void {
		this.messenger.fire(name, payload, coalesce);
	}

	/** As `Messenger.ask`. */
	query(name: string, payload: Uint8Array, options: QueryOptions = {}): Promise<QueryResult> {
		return this.messenger.ask(name, payload, options);
	}

	/** Changes or lists the keys of all members; resolves when all have answered or the time is over. */
	keys(operation: KeyOperation, key: Uint8Array | undefined, options: QueryOptions = {}): Promise<KeyReport> {
		return this.#internal.keys(operation, key, options);
	}

	/** Who hears us and is heard; resolves at the end of the query's time. Fails as `Messenger.ask`. */
	reachability(options: Pick<QueryOptions, "timeoutMs"> = {}): Promise<Reachability> {
		return askReachability(
			{
				monotonicMs: () => this.#clock.monotonicMs(),
				members: () => this.#table.all(),
				ask: (name, payload, queryOptions) => this.query(name, payload, queryOptions),
			},
			options,
		);
	}

	/** The others hear of the new tags. */
	setTags(tags: ReadonlyMap<string, string>): void {
		this.#tags = tags;
		this.swim.updateMeta();
	}

	/** Takes a failed member for one that left. `prune`: forgets it. Resolves when the others were told. */
	async forceLeave(name: string, prune: boolean): Promise<void> {
		await this.#announceLeave(name, prune);
	}

	/** Tells the others that we leave, and waits until they know. */
	async leave(): Promise<void> {
		if (this.#state !== "alive") return;
		this.#state = "leaving";
		const { settings, swim } = this.#options;
		await this.#announceLeave(swim.name, false);
		await this.swim.leave(settings.broadcastTimeoutMs);
		if (this.swim.members.hasOthers()) await this.#pause(settings.leavePropagateDelayMs);
		this.#state = "left";
	}

	/** Ends without a word: the others will find out. */
	async close(): Promise<void> {
		this.#state = "closed";
		for (const timer of this.#timers.values()) timer.cancel();
		await this.swim.close();
	}

	#resume(clocks: SnapshotClocks): void {
		const { messenger } = this;
		this.clock.witness(clocks.clock);
		messenger.eventClock.witness(clocks.eventClock);
		messenger.queryClock.witness(clocks.queryClock);
		messenger.events.minTime = clocks.eventClock + 1;
		messenger.queries.minTime = clocks.queryClock + 1;
	}

	#delegate(): SwimDelegate {
		const refuse = this.#options.refuse;
		return {
			meta: () => encodeTags(this.#tags),
			onMessage: (message, from) => this.#receive(message, from),
			broadcasts: (limitBytes, overheadBytes) => this.#broadcasts(limitBytes, overheadBytes),
			localState: () => this.#localState(),
			mergeRemoteState: (state, join) => this.#mergeRemoteState(state, join),
			onJoin: (node) => this.#table.onJoin(node.announcement),
			onLeave: (node) => this.#table.onLeave(node.name),
			onUpdate: (node) => this.#table.onUpdate(node.announcement),
			onConflict: (known) => this.#onConflict(known),
			ackPayload: () => encode(coordinatePayload, this.coordinate, coordinateVersion),
			onPing: (node, roundTripMs, payload) => this.#onPing(node, roundTripMs, payload),
			...(refuse === undefined
				? {}
				: {
						refuseAlive: refuse,
						refuseMerge: (nodes: readonly RemoteNode[]) => nodes.map(refuse).find((text) => text !== undefined),
					}),
		};
	}

	#receive(message: Uint8Array, from: Address): void {
		const { messenger } = this;
		const passOn = <T>(codec: Codec<T>, queue: BroadcastQueue, handle: (value: T) => boolean) => {
			if (handle(decode(codec, message, 1))) queue.push(message.slice());
		};
		const type = message[0];
		if (type === serfType.join) passOn(joinIntent, this.#intents, (value) => this.#table.joinIntent(value));
		else if (type === serfType.leave)
			passOn(leaveIntent, this.#intents, (value) => this.#table.leaveIntent(value, this.#state !== "alive"));
		else if (type === serfType.userEvent) passOn(userEvent, this.#events, (value) => messenger.receiveEvent(value));
		else if (type === serfType.query) passOn(query, this.#queries, (value) => messenger.receiveQuery(value));
		else if (type === serfType.queryResponse) messenger.receiveResponse(decode(queryResponse, message, 1));
		else if (type === serfType.relay) {
			const { to, bodyAt } = readRelay(message);
			messenger.relay(message, bodyAt, to);
		} else this.#logger.debug(`unknown serf message type ${type} from ${from.host}`);
	}

	/** Intents before queries before events, as serf does. */
	#broadcasts(limitBytes: number, overheadBytes: number): readonly Uint8Array[] {
		const messages: Uint8Array[] = [];
		let leftBytes = limitBytes;
		for (const queue of [this.#intents, this.#queries, this.#events])
			for (const message of queue.take(leftBytes, overheadBytes)) {
				messages.push(message);
				leftBytes -= message.length + overheadBytes;
			}
		return messages;
	}

	#localState(): Uint8Array {
		const state = {
			LTime: this.clock.time,
			StatusLTimes: this.#table.statusTimes(),
			LeftMembers: this.#table.withStatus("left"),
			EventLTime: this.messenger.eventClock.time,
			Events: this.messenger.events
				.slots()
				.filter((slot) => slot !== undefined)
				.map(({ time, items }) => ({
					LTime: time,
					Events: items.map(({ name, payload }) => ({ Name: name, Payload: payload })),
				})),
			QueryLTime: this.messenger.queryClock.time,
		};
		return encode(serfPushPull, state, serfType.pushPull);
	}

	#mergeRemoteState(bytes: Uint8Array, join: boolean): void {
		if (bytes[0] !== serfType.pushPull) return;
		const { messenger } = this;
		const state = decode(serfPushPull, bytes, 1);
		if (state.LTime > 0) this.clock.witness(state.LTime - 1);
		if (state.EventLTime > 0) messenger.eventClock.witness(state.EventLTime - 1);
		if (state.QueryLTime > 0) messenger.queryClock.witness(state.QueryLTime - 1);
		const times = state.StatusLTimes ?? new Map<string, number>();
		const left = new Set(state.LeftMembers ?? []);
		const isLeaving = this.#state !== "alive";
		// One later, so that it wins over the join that has the same time.
		for (const Node of left)
			this.#table.leaveIntent({ LTime: (times.get(Node) ?? 0) + 1, Node, Prune: false }, isLeaving);
		for (const [Node, LTime] of times) if (!left.has(Node)) this.#table.joinIntent({ LTime, Node });
		if (join && this.#joinsIgnoringOld > 0)
			messenger.events.minTime = Math.max(messenger.events.minTime, state.EventLTime);
		for (const slot of state.Events ?? [])
			for (const { Name, Payload } of slot?.Events ?? [])
				messenger.receiveEvent({ LTime: slot?.LTime ?? 0, Name, Payload, CC: false });
	}

	#onPing(node: PoolNode, roundTripMs: number, payload: Uint8Array): void {
		if (payload[0] !== coordinateVersion) return;
		try {
			const other = decode(coordinatePayload, payload, 1);
			const coordinate = { ...other, Vec: other.Vec ?? [] };
			if (!this.#coordinates.update(node.name, coordinate, roundTripMs / 1000)) return;
			this.#known.delete(node.name);
			this.#known.set(node.name, coordinate);
			const [oldest] = this.#known.keys();
			if (this.#known.size > coordinatesMax && oldest !== undefined) this.#known.delete(oldest);
		} catch (error) {
			this.#logger.debug(`coordinate of ${node.name}: ${errorMessage(error)}`);
		}
	}

	#onConflict(known: PoolNode): void {
		const { settings, swim, onNameConflict } = this.#options;
		if (known.name !== swim.name || !settings.resolvesNameConflicts) return;
		void this.#internal.isOurName().then((isOurs) => {
			if (isOurs) return;
			this.#logger.error("minority in name conflict resolution, quitting");
			onNameConflict?.();
		});
	}

	#emit(event: SerfEvent): void {
		if (event.kind === "reap") {
			this.#coordinates.forget(event.member.name);
			this.#known.delete(event.member.name);
		}
		this.#options.onEvent(event);
	}

	#announceJoin(): void {
		const intent = { LTime: this.clock.time, Node: this.#options.swim.name };
		this.#table.joinIntent(intent);
		this.#intents.push(encode(joinIntent, intent, serfType.join), { name: `join ${intent.Node}` });
	}

	/** Resolves when it was sent, or after the time for that. */
	async #announceLeave(name: string, prune: boolean): Promise<void> {
		const intent = { LTime: this.clock.time, Node: name, Prune: prune };
		this.clock.increment();
		this.#table.leaveIntent(intent, this.#state !== "alive");
		if (!this.swim.members.hasOthers()) return;
		const sent = new Promise<void>((resolve) => {
			this.#intents.push(encode(leaveIntent, intent, serfType.leave), { onFinished: resolve });
		});
		await Promise.race([sent, this.#pause(this.#options.settings.broadcastTimeoutMs)]);
	}

	/** Now and then one failed member is tried again; the more have failed, the more often. */
	#reconnect(): void {
		const failed = this.#table.withStatus("failed");
		if (failed.length === 0) return;
		const others = Math.max(1, this.#table.count("alive") + this.#table.count("leaving"));
		const { random } = this.#options.swim;
		if (random.next() > failed.length / others) return;
		const member = this.#table.get(failed[Math.floor(random.next() * failed.length)] ?? "");
		if (member === undefined) return;
		this.#logger.info(`attempting reconnect to ${member.name} ${member.address.host}:${member.address.port}`);
		this.swim.join([member.address]).catch(() => undefined);
	}

	#repeat(what: string, intervalMs: number, act: () => void): void {
		const timer = this.#clock.after(intervalMs, () => {
			if (this.#state === "closed") return;
			act();
			this.#repeat(what, intervalMs, act);
		});
		this.#timers.set(what, timer);
	}

	#pause(ms: number): Promise<void> {
		return new Promise((resolve) => void this.#clock.after(ms, resolve));
	}
}
