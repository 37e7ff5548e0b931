import type { Random } from "../../../lib/env/index.ts";

/** Where a node is in the space of round trip times; all in seconds. serf.md, section 8 (Vivaldi with height and adjustment). */
export interface Coordinate {
	/** `dimensions` numbers. */
	readonly Vec: readonly number[];
	readonly Error: number;
	readonly Adjustment: number;
	readonly Height: number;
}

const dimensions = 8;
const errorMax = 1.5;
const errorGain = 0.25;
const forceGain = 0.25;
const adjustmentWindow = 20;
const heightMin = 1e-5;
const latencyWindow = 3;
const gravityRho = 150;
const roundTripSecondsMax = 10;
const zeroThreshold = 1e-6;
/** Nodes whose last round trips are remembered, at most; the oldest go. */
const filteredMax = 10_000;

export const originCoordinate: Coordinate = {
	Vec: new Array<number>(dimensions).fill(0),
	Error: errorMax,
	Adjustment: 0,
	Height: heightMin,
};

/** Whether it may be computed with. */
export function isCoordinate({ Vec, Error: error, Adjustment, Height }: Coordinate): boolean {
	return Vec.length === dimensions && [...Vec, error, Adjustment, Height].every(Number.isFinite);
}

/** Estimated round trip in seconds, in whole nanoseconds. */
export function distanceSeconds(a: Coordinate, b: Coordinate): number {
	const raw = rawDistance(a, b);
	const adjusted = raw + a.Adjustment + b.Adjustment;
	return Math.trunc((adjusted > 0 ? adjusted : raw) * 1e9) / 1e9;
}

/** This node's coordinate, moved by every measured round trip. */
export class CoordinateClient {
	readonly #random: Random;
	readonly #latencies = new Map<string, number[]>();
	#coordinate: Coordinate;
	#adjustments: number[] = new Array<number>(adjustmentWindow).fill(0);
	#adjustmentAt = 0;

	constructor(random: Random, start: Coordinate = originCoordinate) {
		this.#random = random;
		this.#coordinate = start;
	}

	get coordinate(): Coordinate {
		return this.#coordinate;
	}

	/** Forgets what was measured to a node that is gone. */
	forget(node: string): void {
		this.#latencies.delete(node);
	}

	/** False, and nothing changes, when the other coordinate or the round trip cannot be. */
	update(node: string, other: Coordinate, roundTripSeconds: number): boolean {
		if (!isCoordinate(other) || roundTripSeconds < 0 || roundTripSeconds > roundTripSecondsMax) return false;
		const seconds = this.#filtered(node, roundTripSeconds);
		let moved = this.#attract(other, seconds);
		moved = this.#adjust(moved, other, seconds);
		moved = this.#pullToOrigin(moved);
		this.#coordinate = isCoordinate(moved) ? moved : originCoordinate;
		return true;
	}

	/** Median of the last round trips to that node. */
	#filtered(node: string, seconds: number): number {
		const samples = [...(this.#latencies.get(node) ?? []), seconds].slice(-latencyWindow);
		this.#latencies.delete(node);
		this.#latencies.set(node, samples);
		const [oldest] = this.#latencies.keys();
		if (this.#latencies.size > filteredMax && oldest !== undefined) this.#latencies.delete(oldest);
		return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? seconds;
	}

	#attract(other: Coordinate, measuredSeconds: number): Coordinate {
		const self = this.#coordinate;
		const seconds = Math.max(measuredSeconds, zeroThreshold);
		const distance = distanceSeconds(self, other);
		const wrongness = Math.abs(distance - seconds) / seconds;
		const totalError = Math.max(self.Error + other.Error, zeroThreshold);
		const weight = self.Error / totalError;
		const error = Math.min(errorMax, errorGain * weight * wrongness + self.Error * (1 - errorGain * weight));
		return this.#push({ ...self, Error: error }, other, forceGain * weight * (seconds - distance));
	}

	#adjust(moved: Coordinate, other: Coordinate, seconds: number): Coordinate {
		this.#adjustments[this.#adjustmentAt] = seconds - rawDistance(moved, other);
		this.#adjustmentAt = (this.#adjustmentAt + 1) % adjustmentWindow;
		const sum = this.#adjustments.reduce((total, sample) => total + sample, 0);
		return { ...moved, Adjustment: sum / (2 * adjustmentWindow) };
	}

	#pullToOrigin(moved: Coordinate): Coordinate {
		const distance = distanceSeconds(originCoordinate, moved);
		return this.#push(moved, originCoordinate, -1 * (distance / gravityRho) ** 2);
	}

	/** Moves by `force` away from the other; towards it when negative. */
	#push(self: Coordinate, other: Coordinate, force: number): Coordinate {
		const { unit, magnitude } = this.#direction(self.Vec, other.Vec);
		const Vec = self.Vec.map((value, at) => value + (unit[at] ?? 0) * force);
		const Height =
			magnitude > zeroThreshold
				? Math.max(heightMin, ((self.Height + other.Height) * force) / magnitude + self.Height)
				: self.Height;
		return { ...self, Vec, Height };
	}

	/** From the other to us; by chance when both are at the same place. */
	#direction(to: readonly number[], from: readonly number[]): { unit: readonly number[]; magnitude: number } {
		const between = to.map((value, at) => value - (from[at] ?? 0));
		const magnitude = length(between);
		if (magnitude > zeroThreshold) return { unit: between.map((value) => value * (1 / magnitude)), magnitude };
		const chance = to.map(() => this.#random.next() - 0.5);
		const size = length(chance);
		const unit =
			size > zeroThreshold ? chance.map((value) => value * (1 / size)) : to.map((_, at) => (at === 0 ? 1 : 0));
		return { unit, magnitude: 0 };
	}
}

function rawDistance(a: Coordinate, b: Coordinate): number {
	return length(a.Vec.map((value, at) => value - (b.Vec[at] ?? 0))) + a.Height + b.Height;
}

function length(vector: readonly number[]): number {
	return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
