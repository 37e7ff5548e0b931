import { silentLogger } from "../../lib/log/index.ts";
import {
	type Member,
	Serf,
	type SerfEvent,
	type SerfSettings,
	type SwimSettings,
	serfSettings,
} from "../gossip/index.ts";
import { NodeDirectory } from "../gossip/swim/node-directory.ts";
import { addressBytes, nodeStateOf, type PoolNode } from "../gossip/swim/pool-node.ts";
import type { Simulation } from "./simulation.ts";

export interface GossipPoolOptions {
	readonly simulation: Simulation;
	readonly nodeCount: number;
	readonly swim: SwimSettings;
	readonly serf?: SerfSettings;
	/** Pause between two boots. */
	readonly bootIntervalMs?: number;
}

/** One member of the simulated pool, over all its lives. */
export interface PoolMember {
	readonly name: string;
	readonly address: string;
	readonly serf: Serf;
	readonly state: "running" | "crashed" | "left";
	readonly paused: boolean;
	/** Begin of this life. */
	readonly bootedMs: number;
	/** Payload of each event -> how often this life heard it. */
	readonly heard: ReadonlyMap<string, number>;
}

type MutableMember = { -readonly [Field in keyof PoolMember]: PoolMember[Field] } & {
	readonly heard: Map<string, number>;
};

/** Somebody was taken for failed. */
export interface Accusation {
	readonly atMs: number;
	readonly by: string;
	readonly of: string;
	/** It was running, had been for longer than the suspicion of an earlier life lasts, and was not paused. */
	readonly isFalse: boolean;
}

const gossipPort = 7946;
/** Who crashed and came back may still be taken for failed by those who saw the crash. */
const suspicionMsMax = 30_000;

/** A pool of members in one simulation: boots, crashes, pauses and watches them. */
export class GossipPool {
	readonly accusations: Accusation[] = [];
	readonly #options: GossipPoolOptions;
	readonly #members: MutableMember[] = [];
	readonly #indexes = new Map<string, number>();
	/** One for all: else each member would keep each name and announcement. */
	readonly #directory = new NodeDirectory();
	/** Called with every event of every member. */
	onEvent: (member: PoolMember, event: SerfEvent) => void = () => undefined;

	constructor(options: GossipPoolOptions) {
		this.#options = options;
	}

	get members(): readonly PoolMember[] {
		return this.#members;
	}

	running(): readonly PoolMember[] {
		return this.#members.filter(({ state }) => state === "running");
	}

	/** Boots all, each joining the first. */
	async bootAll(): Promise<void> {
		const { simulation, nodeCount, bootIntervalMs = 10 } = this.#options;
		for (let index = 0; index < nodeCount; index++) {
			await this.boot(index);
			if (index > 0) void this.join(index, 0);
			await simulation.run(bootIntervalMs);
		}
	}

	/**
	 * Boots all as if they had been a pool for long: everybody knows everybody, nothing is left to be told. The first hears of all
	 * in a full exchange, the others take over what it knows. Joining one after the other, where every member hears of every other,
	 * would take n² messages.
	 */
	async bootSettled(): Promise<void> {
		const { nodeCount } = this.#options;
		await this.boot(0);
		const first = this.#at(0).serf;
		// All say the same of themselves but for name and address.
		const state = nodeStateOf(first.swim.members.self as PoolNode);
		const others = Array.from({ length: nodeCount - 1 }, (_, at) => at + 1);
		first.swim.members.merge(
			others.map((index) => ({ ...state, Name: nameOf(index), Addr: addressBytes(addressOf(index)) })),
		);
		for (const index of others) this.#create(index).serf.adopt(first);
		// They have been there for long: none of them still lives down an earlier life.
		for (const member of this.#members) member.bootedMs = Number.NEGATIVE_INFINITY;
		for (const { serf } of this.#members) {
			// Now, when it knows how many there are: full exchanges are rarer in large pools.
			if (serf !== first) await serf.start();
			const { broadcasts } = serf.swim.members;
			while (broadcasts.size > 0) broadcasts.take(Number.POSITIVE_INFINITY, 0);
		}
	}

	/** For the first time or again; joins nobody. */
	async boot(index: number): Promise<void> {
		await this.#create(index).serf.start();
	}

	/** A member that does nothing as yet. */
	#create(index: number): MutableMember {
		const { simulation, swim, serf: settings = serfSettings } = this.#options;
		const address = addressOf(index);
		const name = nameOf(index);
		const { clock, random, network } = simulation.boot(address);
		const serf = new Serf({
			swim: {
				name,
				directory: this.#directory,
				bind: { host: address, port: gossipPort },
				settings: swim,
				framing: { random, label: "", keyring: undefined, verifyIncoming: true, verifyOutgoing: true, compress: false },
				clock,
				random,
				network,
				logger: silentLogger,
			},
			settings,
			protocol: 5,
			tags: new Map(),
			matches: (expression, text) => new RegExp(expression).test(text),
			onEvent: (event) => this.#onEvent(member, event),
		});
		const member: MutableMember = {
			name,
			address,
			serf,
			state: "running",
			paused: false,
			bootedMs: simulation.clock.monotonicMs(),
			heard: new Map(),
		};
		this.#members[index] = member;
		this.#indexes.set(name, index);
		return member;
	}

	/** Datagrams of all members since each one's last boot. */
	sent(): { readonly packets: number; readonly bytes: number } {
		let packets = 0;
		let bytes = 0;
		for (const { address } of this.#members) {
			const one = this.#options.simulation.sent(address);
			packets += one.packetCount;
			bytes += one.packetBytes;
		}
		return { packets, bytes };
	}

	/** Resolves with whether it worked. */
	async join(index: number, to: number): Promise<boolean> {
		const target = { host: addressOf(to), port: gossipPort };
		return this.#at(index)
			.serf.join([target], { ignoreOld: false })
			.then(
				() => true,
				() => false,
			);
	}

	crash(index: number): void {
		this.#at(index).state = "crashed";
		this.#options.simulation.crash(addressOf(index));
	}

	pause(index: number): void {
		this.#at(index).paused = true;
		this.#options.simulation.pause(addressOf(index));
	}

	resume(index: number): void {
		this.#at(index).paused = false;
		this.#options.simulation.resume(addressOf(index));
	}

	/** Its messages wait, its timers do not. It counts as not running well, as if paused. */
	jam(index: number): void {
		this.#at(index).paused = true;
		this.#options.simulation.jam(addressOf(index));
	}

	unjam(index: number): void {
		this.#at(index).paused = false;
		this.#options.simulation.unjam(addressOf(index));
	}

	async leave(index: number): Promise<void> {
		const member = this.#at(index);
		member.state = "left";
		await member.serf.leave();
		await member.serf.close();
		this.#options.simulation.crash(addressOf(index));
	}

	/** Whether all running members know each other as alive. */
	isConverged(): boolean {
		const running = this.running();
		return running.every(({ serf }) => running.every(({ name }) => serf.statusOf(name) === "alive"));
	}

	/** How running members see one that may be gone. */
	viewsOf(name: string): ReadonlyMap<Member["status"] | "unknown", number> {
		const views = new Map<Member["status"] | "unknown", number>();
		for (const { serf } of this.running()) {
			const status = serf.statusOf(name) ?? "unknown";
			views.set(status, (views.get(status) ?? 0) + 1);
		}
		return views;
	}

	#at(index: number): MutableMember {
		const member = this.#members[index];
		if (member === undefined) throw new Error(`there is no node ${index}`);
		return member;
	}

	#onEvent(member: MutableMember, event: SerfEvent): void {
		const { simulation } = this.#options;
		const about = "member" in event ? event.member.name : event.name;
		simulation.trace(`${member.name} ${event.kind} ${about}`);
		if (event.kind === "user") {
			const key = new TextDecoder().decode(event.payload);
			member.heard.set(key, (member.heard.get(key) ?? 0) + 1);
		}
		if (event.kind === "failed") {
			const of = this.#members[this.#indexes.get(about) ?? -1];
			const atMs = simulation.clock.monotonicMs();
			const isFalse = of?.state === "running" && !of.paused && atMs - of.bootedMs > suspicionMsMax;
			this.accusations.push({ atMs, by: member.name, of: about, isFalse });
		}
		this.onEvent(member, event);
	}
}

function nameOf(index: number): string {
	return `node-${index}`;
}

function addressOf(index: number): string {
	return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}
