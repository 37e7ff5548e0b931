import { between, type Weather } from "../../lib/env/fake.ts";
import type { Random } from "../../lib/env/index.ts";

/** How bad the network is. Rates are from 0 to 1. Different delays also reorder. */
export interface NetworkFaults {
	readonly delayMsMin: number;
	readonly delayMsMax: number;
	readonly lossRate: number;
	readonly duplicateRate: number;
}

/** Delay, loss, duplication and partitions, decided by one source of chance. */
export class SimulatedWeather implements Weather {
	readonly #random: Random;
	#faults: NetworkFaults;
	#cutOff: ReadonlySet<string> = new Set();
	#blocked = new Set<string>();

	constructor(random: Random, faults: NetworkFaults) {
		this.#random = random;
		this.#faults = faults;
	}

	get faults(): NetworkFaults {
		return this.#faults;
	}

	change(faults: NetworkFaults): void {
		this.#faults = faults;
	}

	/** Nothing passes between these hosts and the others, until `heal`. */
	cutOff(...addresses: readonly string[]): void {
		this.#cutOff = new Set(addresses);
	}

	/** Nothing passes from one host to another, until `heal`; the other way is open. Streams between them stand still. */
	block(from: string, to: string): void {
		this.#blocked.add(`${from} ${to}`);
	}

	/** Whether everybody reaches everybody, but for everyday faults. */
	get isWhole(): boolean {
		return this.#cutOff.size === 0 && this.#blocked.size === 0;
	}

	/** Ends what `cutOff` and `block` began. */
	heal(): void {
		this.#cutOff = new Set();
		this.#blocked = new Set();
	}

	datagram(from: string, to: string): readonly number[] {
		const { lossRate, duplicateRate } = this.#faults;
		const copies = this.#random.next() < lossRate ? 0 : this.#random.next() < duplicateRate ? 2 : 1;
		const delays: number[] = [];
		for (let copy = 0; copy < copies; copy++) delays.push(this.#delayMs());
		return this.#separated(from, to) ? [] : delays;
	}

	stream(from: string, to: string): number | undefined {
		const delayMs = this.#delayMs();
		return this.#separated(from, to) || this.#blocked.has(`${to} ${from}`) ? undefined : delayMs;
	}

	#separated(from: string, to: string): boolean {
		if (this.#cutOff.size > 0 && this.#cutOff.has(from) !== this.#cutOff.has(to)) return true;
		return this.#blocked.size > 0 && this.#blocked.has(`${from} ${to}`);
	}

	#delayMs(): number {
		return between(this.#random, this.#faults.delayMsMin, this.#faults.delayMsMax);
	}
}
