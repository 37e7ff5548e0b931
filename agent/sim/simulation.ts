import { createHash } from "node:crypto";
import { between, FakeClock, FakeDisk, FakeNetwork, fakeRandom } from "../../lib/env/fake.ts";
import type { Random } from "../../lib/env/index.ts";
import { Machine, type Surroundings } from "./machine.ts";
import { type NetworkFaults, SimulatedWeather } from "./weather.ts";

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
		const machine = new Machine();
		this.#nodes.set(address, { disk, machine });
		this.trace(`${address} boots`);
		return {
			clock: machine.clock(this.clock),
			random: this.random,
			network: machine.network(this.#network.host(address)),
			disk,
		};
	}

	/** The power goes: timers, sockets and what was not synced are lost. `boot` switches it on again. */
	crash(address: string): void {
		const node = this.#nodes.get(address);
		if (node === undefined || !node.machine.isRunning) return;
		node.machine.stop();
		this.#network.crash(address);
		this.#nodes.set(address, { disk: node.disk.crash(this.random), machine: node.machine });
		this.trace(`${address} crashes`);
	}

	/** Datagrams that a machine has sent since its last boot. */
	sent(address: string): { readonly packetCount: number; readonly packetBytes: number } {
		const { packetCount = 0, packetBytes = 0 } = this.#nodes.get(address)?.machine ?? {};
		return { packetCount, packetBytes };
	}

	/** The program stands still until `resume`; the network does not. */
	pause(address: string): void {
		this.#nodes.get(address)?.machine.pause();
		this.trace(`${address} is paused`);
	}

	/** What waited happens now. */
	resume(address: string): void {
		this.trace(`${address} goes on`);
		this.#nodes.get(address)?.machine.resume();
	}

	/** The program goes on; what it sends and receives waits until `unjam`. */
	jam(address: string): void {
		this.#nodes.get(address)?.machine.jam();
		this.trace(`${address} is jammed`);
	}

	/** What waited leaves and arrives now. */
	unjam(address: string): void {
		this.trace(`${address} is free`);
		this.#nodes.get(address)?.machine.unjam();
	}

	/** Somebody sets the machine's wall clock; its monotonic one goes on as before. */
	jumpClock(address: string, ms: number): void {
		this.#nodes.get(address)?.machine.jumpClock(ms);
		this.trace(`${address} clock jumps ${ms} ms`);
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
	readonly machine: Machine;
}
