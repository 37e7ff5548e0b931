import { createHash } from "node:crypto";
import { between, FakeClock, FakeDisk, FakeNetwork, fakeRandom } from "../../lib/env/fake.ts";
import type { Clock, Disk, Network, Random } from "../../lib/env/index.ts";
import { type NetworkFaults, SimulatedWeather } from "./weather.ts";

/** What a program in the simulation is given; all of it is of no use any more after its node crashed. */
export interface Surroundings {
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	readonly disk: Disk;
}

export interface SimulationOptions {
	readonly seed: number;
	readonly faults: NetworkFaults;
	/** Longest time that a disk operation takes. */
	readonly diskDelayMsMax: number;
}

/**
 * Machines, a network between them and the time, all made from one seed: the same seed gives the same run, event by event
 * (`traceHash`). Nodes are named by their addresses.
 */
export class Simulation {
	readonly clock = new FakeClock();
	readonly weather: SimulatedWeather;
	readonly random: Random;
	readonly #network: FakeNetwork;
	readonly #diskDelayMsMax: number;
	readonly #nodes = new Map<string, Node>();
	readonly #trace = createHash("sha256");
	#eventCount = 0;

	constructor({ seed, faults, diskDelayMsMax }: SimulationOptions) {
		this.random = fakeRandom(seed);
		this.weather = new SimulatedWeather(this.random, faults);
		this.#network = new FakeNetwork({ clock: this.clock, weather: this.weather });
		this.#diskDelayMsMax = diskDelayMsMax;
	}

	/** Switches a machine on, for the first time or after a crash: with the disk as the crash left it. */
	boot(address: string): Surroundings {
		const disk = this.#nodes.get(address)?.disk ?? new FakeDisk({ delay: () => this.#diskDelay() });
		const node: Node = { disk, running: true };
		this.#nodes.set(address, node);
		this.trace(`${address} boots`);
		return {
			clock: clockWhile(this.clock, () => node.running),
			random: this.random,
			network: this.#network.host(address),
			disk,
		};
	}

	/** The power goes: timers, sockets and what was not synced are lost. `boot` switches it on again. */
	crash(address: string): void {
		const node = this.#nodes.get(address);
		if (node === undefined || !node.running) return;
		node.running = false;
		this.#network.crash(address);
		this.#nodes.set(address, { disk: node.disk.crash(this.random), running: false });
		this.trace(`${address} crashes`);
	}

	/** Something happened that a second run with the same seed must repeat at the same time. */
	trace(event: string): void {
		this.#eventCount++;
		this.#trace.update(`${this.clock.monotonicMs()} ${event}\n`);
	}

	get eventCount(): number {
		return this.#eventCount;
	}

	/** Of everything traced so far; to be asked once, at the end. */
	traceHash(): string {
		return this.#trace.digest("hex");
	}

	/** Lets `ms` of simulated time pass. */
	async run(ms: number): Promise<void> {
		await this.clock.advanceAsync(ms);
	}

	#diskDelay(): Promise<void> {
		return new Promise((resolve) => {
			this.clock.after(between(this.random, 0, this.#diskDelayMsMax), resolve);
		});
	}
}

interface Node {
	readonly disk: FakeDisk;
	running: boolean;
}

/** A clock whose timers end with the machine. */
function clockWhile(clock: Clock, running: () => boolean): Clock {
	return {
		nowMs: () => clock.nowMs(),
		monotonicMs: () => clock.monotonicMs(),
		after: (delayMs, callback) =>
			clock.after(delayMs, () => {
				if (running()) callback();
			}),
	};
}
