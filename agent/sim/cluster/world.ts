import { createHash } from "node:crypto";
import { between, FakeClock, fakeRandom } from "../../../lib/env/fake.ts";
import type { Clock, Disk, Random } from "../../../lib/env/index.ts";
import type { RaftTransport, Rules, Timings } from "../../raft/index.ts";
import { type NetworkFaults, SimulatedWeather } from "../weather.ts";
import { Invariants } from "./invariants.ts";

/** What a test breaks on purpose, to see whether it is found. */
export interface Sabotage {
	readonly rules?: Rules;
	/** Between the log and its disk. */
	readonly disk?: (disk: Disk) => Disk;
	/** A leader stays one for this long without the others: legal, and bad for whoever believes in it. */
	readonly leaderLeaseTimeoutMs?: number;
	/** A leader believes itself without asking the others. */
	readonly unverifiedReads?: boolean;
}

export interface WorldOptions {
	readonly seed: number;
	readonly serverCount: number;
	/** So many of the servers begin the cluster, the others wait to be taken in; all unless given. */
	readonly beginnerCount?: number;
	readonly sabotage?: Sabotage;
}

/** As Consul with `raft_multiplier` 1. */
export const timings: Timings = {
	heartbeatTimeoutMs: 1000,
	electionTimeoutMs: 1000,
	leaderLeaseTimeoutMs: 500,
	commitTimeoutMs: 50,
	callTimeoutMs: 10_000,
};

const goodWeather: NetworkFaults = { delayMsMin: 1, delayMsMax: 10, lossRate: 0.001, duplicateRate: 0 };

/** What the network needs to know of a server. */
export interface Inhabitant {
	readonly id: string;
	/** Counts boots. */
	readonly life: number;
	readonly isUp: boolean;
	/** Its timers run only while the server does. */
	readonly gatedClock: Clock;
	handle(request: Call["request"], state?: AsyncIterable<Uint8Array>): ReturnType<RaftTransport["call"]>;
}

export type Call = Parameters<RaftTransport["call"]>[0];

/** The network between servers and the time, all from one seed. */
export class World {
	readonly options: WorldOptions;
	readonly clock = new FakeClock();
	readonly random: Random;
	readonly weather: SimulatedWeather;
	readonly invariants: Invariants;
	/** Calls arrive in any order and sometimes twice: worse than TCP. */
	readonly wild: boolean;
	readonly #trace = createHash("sha256");
	eventCount = 0;
	readonly inhabitants = new Map<string, Inhabitant>();

	constructor(options: WorldOptions) {
		this.options = options;
		this.random = fakeRandom(options.seed);
		this.wild = options.seed % 4 === 0;
		this.weather = new SimulatedWeather(this.random, goodWeather);
		this.invariants = new Invariants((text) => this.trace(text));
	}

	between(low: number, high: number): number {
		return between(this.random, low, high);
	}

	chance(probability: number): boolean {
		return this.random.next() < probability;
	}

	pick<Item>(items: readonly Item[]): Item {
		const item = items[this.between(0, items.length - 1)];
		if (item === undefined) throw new Error("nothing to pick from");
		return item;
	}

	improveWeather(): void {
		this.weather.change(goodWeather);
	}

	/** Resolves after simulated time. */
	sleep(ms: number): Promise<void> {
		return new Promise((resolve) => {
			this.clock.after(ms, resolve);
		});
	}

	/** Lets simulated time pass; what a timer's callback settles runs before the next timer. */
	async run(ms: number): Promise<void> {
		const untilMs = this.clock.monotonicMs() + ms;
		await settled();
		while ((this.clock.nextDueMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
			this.clock.runNext();
			await settled();
		}
		this.clock.advance(untilMs - this.clock.monotonicMs());
	}

	/** Something happened that a second run with the same seed must repeat at the same time. */
	trace(event: string): void {
		this.eventCount++;
		const line = `${this.clock.monotonicMs().toFixed(2)} ${event}\n`;
		this.#trace.update(line);
		if (process.env["SIM_TRACE"] !== undefined) process.stdout.write(line);
	}

	/** To be asked once, at the end. */
	traceHash(): string {
		return this.#trace.digest("hex");
	}
}

/** The tick queue comes after all promise callbacks, and costs a tenth of a turn of the event loop. */
function settled(): Promise<void> {
	return new Promise((resolve) => process.nextTick(resolve));
}
