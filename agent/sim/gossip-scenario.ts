import { between } from "../../lib/env/fake.ts";
import { type SwimSettings, swimPresets } from "../gossip/index.ts";
import { GossipPool } from "./gossip-pool.ts";
import { Simulation } from "./simulation.ts";

/** What goes wrong in a scenario, apart from the network's everyday faults. */
export const gossipFaults = ["crash", "pause", "partition", "oneway", "clock", "leave"] as const;
export type GossipFault = (typeof gossipFaults)[number];

export interface GossipScenario {
	readonly seed: number;
	readonly nodeCount: number;
	/** Rate from 0 to 1. */
	readonly lossRate: number;
	readonly duplicateRate: number;
	readonly delayMsMax: number;
	readonly faults: readonly GossipFault[];
	/** Begins with a pool where everybody knows everybody (`GossipPool.bootSettled`) instead of one that forms; for large ones. */
	readonly formed?: boolean;
	/** How long things go wrong. */
	readonly troubleSeconds: number;
	readonly swim?: SwimSettings;
}

export interface GossipReport {
	/** What must never be; empty when all is well. */
	readonly violations: readonly string[];
	readonly traceHash: string;
	readonly eventCount: number;
	readonly falseDeaths: number;
	readonly simulatedSeconds: number;
	readonly packetsPerNodeSecond: number;
	readonly bytesPerNodeSecond: number;
}

/** After trouble: the longest suspicion, reconnects, and some full exchanges of everybody with somebody. */
const settleSecondsMax = 300;

/**
 * Boots a pool, lets things go wrong, heals everything and looks whether the pool is what it should be. The same scenario gives
 * the same report.
 */
export async function runGossipScenario(scenario: GossipScenario): Promise<GossipReport> {
	const run = new ScenarioRun(scenario);
	return run.run();
}

class ScenarioRun {
	readonly #scenario: GossipScenario;
	readonly #simulation: Simulation;
	readonly #pool: GossipPool;
	readonly #violations: string[] = [];
	readonly #fired: { readonly name: string; readonly by: number }[] = [];
	/** When each node goes on, comes back, or is reached again. */
	readonly #repairs: { readonly atMs: number; readonly repair: () => Promise<void> | void }[] = [];
	/** Nodes that were up all the time. */
	readonly #steady: Set<number>;
	readonly #left = new Set<number>();

	constructor(scenario: GossipScenario) {
		this.#scenario = scenario;
		const { seed, nodeCount, lossRate, duplicateRate, delayMsMax, swim = swimPresets.lan } = scenario;
		const faults = { delayMsMin: 1, delayMsMax, lossRate, duplicateRate };
		this.#simulation = new Simulation({ seed, faults, diskDelayMsMax: 0 });
		this.#pool = new GossipPool({ simulation: this.#simulation, nodeCount, swim });
		this.#steady = new Set(Array.from({ length: nodeCount }, (_, index) => index));
	}

	async run(): Promise<GossipReport> {
		const { seed, troubleSeconds, nodeCount, faults } = this.#scenario;
		await (this.#scenario.formed === true ? this.#pool.bootSettled() : this.#pool.bootAll());
		await this.#until(() => this.#pool.isConverged(), 60, "the pool does not form");
		for (let second = 0; second < troubleSeconds; second++) {
			await this.#second(second);
			await this.#simulation.run(1000);
		}
		for (const { repair } of this.#repairs.splice(0)) await repair();
		this.#simulation.weather.heal();
		await this.#until(() => this.#isWhole(), settleSecondsMax, "the pool does not come together again");
		this.#checkEvents();
		const falseDeaths = this.#pool.accusations.filter(({ isFalse }) => isFalse).length;
		const isCalm = faults.every((fault) => fault === "clock" || fault === "leave" || fault === "crash");
		if (isCalm && falseDeaths > 0) this.#violations.push(`${falseDeaths} members were taken for failed and were not`);
		const simulatedSeconds = this.#simulation.clock.monotonicMs() / 1000;
		const { packets, bytes } = this.#pool.sent();
		return {
			violations: this.#violations.map((text) => `seed ${seed}: ${text}`),
			eventCount: this.#simulation.eventCount,
			traceHash: this.#simulation.traceHash(),
			falseDeaths,
			simulatedSeconds,
			packetsPerNodeSecond: packets / nodeCount / simulatedSeconds,
			bytesPerNodeSecond: bytes / nodeCount / simulatedSeconds,
		};
	}

	async #second(second: number): Promise<void> {
		const nowMs = this.#simulation.clock.monotonicMs();
		const due = this.#repairs.filter(({ atMs }) => atMs <= nowMs);
		for (const entry of due) {
			this.#repairs.splice(this.#repairs.indexOf(entry), 1);
			await entry.repair();
		}
		if (second % 5 === 0) this.#fire(second);
		const { faults } = this.#scenario;
		const { random } = this.#simulation;
		if (faults.length > 0 && random.next() < 0.4)
			this.#trouble(faults[between(random, 0, faults.length - 1)] ?? "clock");
	}

	#fire(second: number): void {
		const index = this.#pick();
		if (index === undefined) return;
		const name = `event-${second}`;
		this.#fired.push({ name, by: index });
		this.#pool.members[index]?.serf.fire("test", new TextEncoder().encode(name));
	}

	#trouble(fault: GossipFault): void {
		const index = this.#pick();
		const other = this.#pick();
		// The first node is whom the others join.
		if (index === undefined || other === undefined || index === 0 || index === other) return;
		const { weather, random } = this.#simulation;
		const address = this.#pool.members[index]?.address ?? "";
		const forMs = between(random, 500, 12_000);
		if (fault === "crash") {
			this.#steady.delete(index);
			this.#pool.crash(index);
			this.#repair(forMs, async () => {
				await this.#pool.boot(index);
				this.#joinUntilDone(index);
			});
		} else if (fault === "pause") {
			this.#pool.pause(index);
			this.#repair(forMs, () => this.#pool.resume(index));
		} else if (fault === "partition") {
			const part = this.#pool.members.filter(() => random.next() < 0.3).map((member) => member.address);
			weather.cutOff(...part);
			this.#repair(forMs, () => weather.heal());
		} else if (fault === "oneway") {
			weather.block(address, this.#pool.members[other]?.address ?? "");
			this.#repair(forMs, () => weather.heal());
		} else if (fault === "clock") {
			this.#simulation.jumpClock(address, between(random, -3_600_000, 3_600_000));
		} else if (this.#left.size < this.#scenario.nodeCount / 4 && this.#seesMost(index)) {
			this.#steady.delete(index);
			this.#left.add(index);
			void this.#pool.leave(index);
		}
	}

	/** Who leaves while nobody hears it is not known to have left. */
	#seesMost(index: number): boolean {
		if (!this.#simulation.weather.isWhole) return false;
		const alive = this.#pool.members[index]?.serf.count("alive") ?? 0;
		return alive > this.#pool.running().length / 2;
	}

	#repair(afterMs: number, repair: () => Promise<void> | void): void {
		this.#repairs.push({ atMs: this.#simulation.clock.monotonicMs() + afterMs, repair });
	}

	/** As `-retry-join` does. */
	#joinUntilDone(index: number): void {
		void this.#pool.join(index, 0).then((joined) => {
			if (!joined && this.#pool.members[index]?.state === "running")
				this.#simulation.clock.after(1000, () => this.#joinUntilDone(index));
		});
	}

	/** A node that runs and is not paused. */
	#pick(): number | undefined {
		const index = between(this.#simulation.random, 0, this.#scenario.nodeCount - 1);
		const member = this.#pool.members[index];
		return member?.state === "running" && !member.paused ? index : undefined;
	}

	#isWhole(): boolean {
		if (!this.#pool.isConverged()) return false;
		for (const index of this.#left) {
			const views = this.#pool.viewsOf(`node-${index}`);
			// Somebody who was away then may never have heard of it at all.
			if ([...views.keys()].some((status) => status !== "left" && status !== "unknown")) return false;
		}
		return this.#missing().length === 0;
	}

	#missing(): readonly string[] {
		// What somebody fired who was gone the next moment may be gone, too.
		const fired = this.#fired.filter(({ by }) => this.#steady.has(by));
		return [...this.#steady].flatMap((index) => {
			const heard = this.#pool.members[index]?.heard;
			return fired.flatMap(({ name }) => (heard?.has(name) === true ? [] : [`node-${index} missed ${name}`]));
		});
	}

	/** Everybody who was there heard everything; nobody heard anything twice. */
	#checkEvents(): void {
		this.#violations.push(...this.#missing().slice(0, 5));
		for (const { name, heard } of this.#pool.members)
			for (const [event, count] of heard) if (count > 1) this.#violations.push(`${name} heard ${event} ${count} times`);
	}

	async #until(condition: () => boolean, secondsMax: number, otherwise: string): Promise<void> {
		for (let second = 0; second < secondsMax; second++) {
			if (condition()) return;
			await this.#simulation.run(1000);
		}
		this.#violations.push(`${otherwise} within ${secondsMax} s`);
	}
}
