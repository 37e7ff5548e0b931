import { shuffle } from "../../lib/env/index.ts";
import { type MemberStatus, type SerfEvent, swimPresets } from "../gossip/index.ts";
import { GossipPool, type PoolMember } from "./gossip-pool.ts";
import { Simulation } from "./simulation.ts";
import { type Spread, watchSpread } from "./spread.ts";

interface LargePoolScenario {
	readonly seed: number;
	readonly nodeCount: number;
	/** Rate from 0 to 1. */
	readonly lossRate: number;
	/** What of the scenario is run, in this order; all unless given. */
	readonly steps?: readonly LargePoolStep[];
	readonly onStep?: (spread: Spread) => void;
}

export const largePoolSteps = ["event", "kill", "leave", "join"] as const;
export type LargePoolStep = (typeof largePoolSteps)[number];

export interface LargePoolReport {
	/** What must never be; empty when all is well. */
	readonly violations: readonly string[];
	readonly spreads: readonly Spread[];
	readonly traceHash: string;
	readonly simulatedSeconds: number;
	readonly packetsPerNodeSecond: number;
	readonly bytesPerNodeSecond: number;
}

const newcomerCount = 3;
/** The longest suspicion at 10,000 members and LAN settings (6 times 16 s), and what it takes to begin it and to tell of its end. */
const deathLimitMs = 130_000;

/**
 * A pool that is too large to be joined one after the other begins formed (`GossipPool.bootSettled`). Then an event is fired, one
 * member of a hundred is killed, one leaves, and new ones come with real full exchanges; each is awaited at all others. Nobody else
 * may be taken for failed, and events arrive everywhere, once. The same scenario gives the same report.
 */
export async function runLargePool(scenario: LargePoolScenario): Promise<LargePoolReport> {
	return new LargePoolRun(scenario).run();
}

class LargePoolRun {
	readonly #scenario: LargePoolScenario;
	readonly #simulation: Simulation;
	readonly #pool: GossipPool;
	readonly #violations: string[] = [];
	readonly #spreads: Spread[] = [];
	/** Kind and subject of what members saw -> how many did. */
	readonly #seen = new Map<string, number>();
	/** Killed, or left: the farewell of SWIM may be heard before that of Serf, and looks like a failure until then. */
	readonly #gone = new Set<string>();

	constructor(scenario: LargePoolScenario) {
		this.#scenario = scenario;
		const { seed, nodeCount, lossRate } = scenario;
		const faults = { delayMsMin: 1, delayMsMax: 5, lossRate, duplicateRate: 0 };
		this.#simulation = new Simulation({ seed, faults, diskDelayMsMax: 0 });
		this.#pool = new GossipPool({ simulation: this.#simulation, nodeCount, swim: swimPresets.lan });
		this.#pool.onEvent = (member, event) => this.#onEvent(member, event);
	}

	async run(): Promise<LargePoolReport> {
		const { steps = largePoolSteps, seed, nodeCount } = this.#scenario;
		await this.#pool.bootSettled();
		await this.#simulation.run(3_000);
		for (const step of steps) {
			if (step === "event") await this.#event("first");
			else if (step === "kill") await this.#kill(Math.ceil(nodeCount / 100));
			else if (step === "leave") await this.#leave(nodeCount - 1);
			else await this.#join();
		}
		// Of all that happened nobody has taken harm.
		if (steps.length > 1) await this.#event("last");
		for (const { name, heard } of this.#pool.members)
			for (const [event, count] of heard) if (count > 1) this.#violations.push(`${name} heard ${event} ${count} times`);
		const alive = this.#pool.running().length;
		for (const { name, serf } of this.#pool.running())
			if (serf.count("alive") !== alive)
				this.#violations.push(`${name} knows ${serf.count("alive")} of ${alive} members`);
		const { packets, bytes } = this.#pool.sent();
		const simulatedSeconds = this.#simulation.clock.monotonicMs() / 1000;
		return {
			violations: this.#violations.slice(0, 20).map((text) => `seed ${seed}: ${text}`),
			spreads: this.#spreads,
			traceHash: this.#simulation.traceHash(),
			simulatedSeconds,
			packetsPerNodeSecond: packets / nodeCount / simulatedSeconds,
			bytesPerNodeSecond: bytes / nodeCount / simulatedSeconds,
		};
	}

	async #event(name: string): Promise<void> {
		const members = this.#pool.running();
		members[0]?.serf.fire(name, new TextEncoder().encode(name));
		const known = this.#counting([`user ${name}`]);
		await this.#watch(`an event (${name})`, known, members.length, { stepMs: 10, limitMs: 30_000 });
	}

	async #kill(count: number): Promise<void> {
		// Not the first, which newcomers join, and not the last, which leaves.
		const indexes = Array.from({ length: this.#scenario.nodeCount - 2 }, (_, at) => at + 1);
		const killed = shuffle(indexes, this.#simulation.random).slice(0, count);
		const names = killed.map((index) => this.#pool.members[index]?.name ?? "");
		for (const name of names) this.#gone.add(name);
		for (const index of killed) this.#pool.crash(index);
		const known = this.#counting(names.map((name) => `failed ${name}`));
		const wanted = count * this.#pool.running().length;
		await this.#watch(`${count} killed members`, known, wanted, { stepMs: 250, limitMs: deathLimitMs });
	}

	/**
	 * A leave is told twice: by Serf that it is meant, by SWIM that it is done. The few whom only the second reaches take it for a
	 * failure until their next full exchange, which at 10,000 members may be 5 minutes away; serf's members do, too.
	 */
	async #leave(index: number): Promise<void> {
		const name = this.#pool.members[index]?.name ?? "";
		this.#gone.add(name);
		void this.#pool.leave(index);
		const members = this.#pool.running();
		const countOf = (...statuses: readonly MemberStatus[]) =>
			members.filter(({ serf }) => statuses.includes(serf.statusOf(name) ?? "alive")).length;
		const known = () => countOf("left", "failed");
		await this.#watch("a leave", known, members.length, { stepMs: 50, limitMs: 30_000 });
		const failed = countOf("failed");
		if (failed > 2 + members.length / 100) this.#violations.push(`${failed} members took a leave for a failure`);
	}

	async #join(): Promise<void> {
		const { nodeCount } = this.#scenario;
		const others = this.#pool.running().length;
		const names: string[] = [];
		for (let index = nodeCount; index < nodeCount + newcomerCount; index++) {
			await this.#pool.boot(index);
			names.push(this.#pool.members[index]?.name ?? "");
			void this.#pool.join(index, 0).then((joined) => {
				if (!joined) this.#violations.push(`node-${index} cannot join`);
			});
		}
		const known = this.#counting(names.map((name) => `join ${name}`));
		const wanted = newcomerCount * (others + newcomerCount);
		await this.#watch(`${newcomerCount} new members`, known, wanted, { stepMs: 50, limitMs: 60_000 });
	}

	/** How often these things were seen. */
	#counting(keys: readonly string[]): () => number {
		return () => keys.reduce((sum, key) => sum + (this.#seen.get(key) ?? 0), 0);
	}

	async #watch(
		of: string,
		known: () => number,
		wanted: number,
		timing: { readonly stepMs: number; readonly limitMs: number },
	): Promise<void> {
		const world = { simulation: this.#simulation, pool: this.#pool };
		const spread = await watchSpread(world, { of, known, wanted, ...timing });
		if (known() !== wanted) this.#violations.push(`${of}: seen ${known()} times instead of ${wanted}`);
		this.#spreads.push(spread);
		this.#scenario.onStep?.(spread);
	}

	#onEvent(member: PoolMember, event: SerfEvent): void {
		const about = "member" in event ? event.member.name : event.name;
		if (event.kind === "failed" && !this.#gone.has(about))
			this.#violations.push(`${member.name} took ${about} for failed`);
		// Who leaves still listens for a while.
		if (member.state !== "running") return;
		const key = `${event.kind} ${about}`;
		this.#seen.set(key, (this.#seen.get(key) ?? 0) + 1);
	}
}
