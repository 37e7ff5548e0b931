import type { Clock } from "../env/index.ts";

/** Names of a metric's labels with their values; few and bounded, never a key, an address or a token. */
export type Labels = Readonly<Record<string, string>>;

/** Samples are summed up over spans of this length, as the reference's in-memory sink does. */
const intervalMs = 10_000;
/** Series kept; one more is dropped, so that a mistake with labels cannot eat the memory. */
const seriesMax = 2_000;
/** Newest samples of a series that quantiles are made from. */
const recentMax = 512;

/** Sums over one interval, or since the start. */
export interface Aggregate {
	readonly name: string;
	readonly labels: Labels;
	readonly count: number;
	readonly sum: number;
	readonly min: number;
	readonly max: number;
	/** Of squares. */
	readonly sumSquares: number;
}

export interface Gauge {
	readonly name: string;
	readonly labels: Labels;
	readonly value: number;
}

/** Everything at one moment. */
export interface MetricsReport {
	/** Begin of the interval that `counters` and `samples` cover; milliseconds since the Unix epoch. */
	readonly intervalStartMs: number;
	readonly intervalSeconds: number;
	readonly gauges: readonly Gauge[];
	readonly counters: readonly Aggregate[];
	readonly samples: readonly Aggregate[];
	/** The same since the start, with the newest values of samples in ascending order. */
	readonly totals: {
		readonly counters: readonly Aggregate[];
		readonly samples: readonly (Aggregate & { readonly recent: readonly number[] })[];
	};
}

/** Where parts of a program tell what they do. All methods are cheap and never fail. */
export interface Metrics {
	/** Something happened `by` times. */
	count(name: string, by?: number, labels?: Labels): void;
	/** Something took or measured so much; durations in milliseconds. */
	sample(name: string, value: number, labels?: Labels): void;
	/** As `sample`, for a place that is passed often: the series is looked up once. */
	sampler(name: string, labels?: Labels): (value: number) => void;
	/** A value that is asked for whenever somebody reads. What is not finite is left out. */
	gauge(name: string, read: () => number, labels?: Labels): void;
	report(): MetricsReport;
}

class Sum {
	count = 0;
	sum = 0;
	min = 0;
	max = 0;
	sumSquares = 0;

	add(value: number): void {
		this.min = this.count === 0 ? value : Math.min(this.min, value);
		this.max = this.count === 0 ? value : Math.max(this.max, value);
		this.count++;
		this.sum += value;
		this.sumSquares += value * value;
	}
}

interface Series {
	readonly kind: "counter" | "sample";
	readonly name: string;
	readonly labels: Labels;
	readonly total: Sum;
	/** Begin of `current`, in whole intervals. */
	interval: number;
	current: Sum;
	/** The interval before, when it was the one directly before. */
	previous: Sum | undefined;
	readonly recent: number[];
	nextRecent: number;
}

export function createMetrics(clock: Clock): Metrics {
	const series = new Map<string, Series>();
	const gauges = new Map<string, { readonly name: string; readonly labels: Labels; readonly read: () => number }>();
	const startInterval = intervalNow();

	function intervalNow(): number {
		return Math.floor(clock.nowMs() / intervalMs);
	}

	function seriesOf(kind: Series["kind"], name: string, labels: Labels): Series | undefined {
		const key = keyOf(name, labels);
		const known = series.get(key);
		if (known !== undefined) return known;
		if (series.size >= seriesMax) return undefined;
		const made: Series = {
			kind,
			name,
			labels,
			total: new Sum(),
			interval: intervalNow(),
			current: new Sum(),
			previous: undefined,
			recent: [],
			nextRecent: 0,
		};
		series.set(key, made);
		return made;
	}

	function turn(each: Series, interval: number): void {
		if (each.interval === interval) return;
		each.previous = each.interval === interval - 1 ? each.current : undefined;
		each.current = new Sum();
		each.interval = interval;
	}

	function add(found: Series | undefined, value: number): void {
		if (found === undefined || !Number.isFinite(value)) return;
		turn(found, intervalNow());
		found.current.add(value);
		found.total.add(value);
		if (found.kind === "counter") return;
		found.recent[found.nextRecent] = value;
		found.nextRecent = (found.nextRecent + 1) % recentMax;
	}

	return {
		count: (name, by = 1, labels = none) => add(seriesOf("counter", name, labels), by),
		sample: (name, value, labels = none) => add(seriesOf("sample", name, labels), value),
		sampler(name, labels = none) {
			const series = seriesOf("sample", name, labels);
			return (value) => add(series, value);
		},
		gauge(name, read, labels = none) {
			if (gauges.size < seriesMax) gauges.set(keyOf(name, labels), { name, labels, read });
		},
		report() {
			const now = intervalNow();
			// The last complete interval; in the first one what there is.
			const complete = now > startInterval;
			const all = [...series.values()].sort((a, b) => (keyOf(a.name, a.labels) < keyOf(b.name, b.labels) ? -1 : 1));
			const sums = (kind: Series["kind"], pick: (each: Series) => Sum | undefined) =>
				all.flatMap((each) => {
					if (each.kind !== kind) return [];
					turn(each, now);
					const sum = pick(each);
					return sum === undefined || sum.count === 0 ? [] : [aggregate(each, sum)];
				});
			const inInterval = (each: Series) => (complete ? each.previous : each.current);
			return {
				intervalStartMs: (complete ? now - 1 : now) * intervalMs,
				intervalSeconds: intervalMs / 1000,
				gauges: [...gauges.values()]
					.map(({ name, labels, read }) => ({ name, labels, value: read() }))
					.filter(({ value }) => Number.isFinite(value))
					.sort((a, b) => (keyOf(a.name, a.labels) < keyOf(b.name, b.labels) ? -1 : 1)),
				counters: sums("counter", inInterval),
				samples: sums("sample", inInterval),
				totals: {
					counters: sums("counter", (each) => each.total),
					samples: all
						.filter(({ kind, total }) => kind === "sample" && total.count > 0)
						.map((each) => ({
							...aggregate(each, each.total),
							recent: [...each.recent].sort((a, b) => a - b),
						})),
				},
			};
		},
	};
}

const none: Labels = Object.freeze({});

function keyOf(name: string, labels: Labels): string {
	let key = name;
	for (const label in labels) key += `;${label}=${labels[label]}`;
	return key;
}

function aggregate({ name, labels }: Series, { count, sum, min, max, sumSquares }: Sum): Aggregate {
	return { name, labels, count, sum, min, max, sumSquares };
}
