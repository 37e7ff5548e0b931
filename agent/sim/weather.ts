import { between, type Weather } from "../../lib/env/fake.ts";
import type { Random } from "../../lib/env/index.ts";

/** How bad the network is. Rates are from 0 to 1. */
export interface NetworkFaults {
	readonly delayMsMin: number;
	readonly delayMsMax: number;
	readonly lossRate: number;
	readonly duplicateRate: number;
}

/** Delay, loss, duplication and partitions, decided by one source of chance. Different delays also reorder. */
export class SimulatedWeather implements Weather {
	readonly #random: Random;
	#faults: NetworkFaults;
	#cutOff: ReadonlySet<string> = new Set();

	constructor(random: Random, faults: NetworkFaults) {
		this.#random = random;
		this.#faults = faults;
	}

	change(faults: NetworkFaults): void {
		this.#faults = faults;
	}

	/** Nothing passes between these hosts and the others, until `heal`. */
	cutOff(...addresses: readonly string[]): void {
		this.#cutOff = new Set(addresses);
	}

	heal(): void {
		this.#cutOff = new Set();
	}

	datagram(from: string, to: string): readonly number[] {
		const { lossRate, duplicateRate } = this.#faults;
		const copies = this.#random.next() < lossRate ? 0 : this.#random.next() < duplicateRate ? 2 : 1;
		const delays = Array.from({ length: copies }, () => this.#delayMs());
		return this.#separated(from, to) ? [] : delays;
	}

	stream(from: string, to: string): number | undefined {
		const delayMs = this.#delayMs();
		return this.#separated(from, to) ? undefined : delayMs;
	}

	#separated(from: string, to: string): boolean {
		return this.#cutOff.has(from) !== this.#cutOff.has(to);
	}

	#delayMs(): number {
		return between(this.#random, this.#faults.delayMsMin, this.#faults.delayMsMax);
	}
}
