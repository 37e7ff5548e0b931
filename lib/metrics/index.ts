/** Counters, samples and gauges of a program, and how they are shown. */
export type { Aggregate, Gauge, Labels, Metrics, MetricsReport } from "./metrics.ts";
export { createMetrics } from "./metrics.ts";
export { prometheusText } from "./prometheus.ts";
