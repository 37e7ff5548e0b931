interface Metric {
	readonly Name: string;
	readonly Labels: Readonly<Record<string, string>>;
}

/** Of the values that came in the interval. */
export interface SampledMetric extends Metric {
	readonly Count: number;
	/** Sum per second. */
	readonly Rate: number;
	readonly Sum: number;
	readonly Min: number;
	readonly Max: number;
	readonly Mean: number;
	readonly Stddev: number;
}

/** `/v1/agent/metrics`: one interval of ten seconds. */
export interface AgentMetrics {
	/** When the interval began. */
	readonly Timestamp: string;
	readonly Gauges: readonly (Metric & { readonly Value: number })[];
	readonly Points: readonly { readonly Name: string; readonly Points: readonly number[] }[] | null;
	readonly Counters: readonly SampledMetric[];
	readonly Samples: readonly SampledMetric[];
}
