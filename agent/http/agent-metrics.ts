import type { Encodable } from "../../lib/json/index.ts";
import { type Aggregate, type Labels, type MetricsReport, prometheusText } from "../../lib/metrics/index.ts";
import type { MetricsOptions } from "./options.ts";
import { json, plainText, type Reply } from "./reply.ts";
import type { Route } from "./route.ts";

/** `/v1/agent/metrics`: what the last ten seconds brought, or everything in Prometheus' format. */
export function agentMetricsRoutes(options: MetricsOptions): readonly Route[] {
	return [
		{
			path: "/v1/agent/metrics",
			methods: {
				GET: {
					permission: { resource: "agent", access: "read", of: (_request, { config }) => config.nodeName },
					handle: (request) => (request.query.first("format") === "prometheus" ? prometheus(options) : shown(options)),
				},
			},
		},
	];
}

/** Without what the configuration hides. */
function reportOf({ metrics, prefix, isShown }: MetricsOptions): MetricsReport {
	const report = metrics.report();
	if (isShown === undefined) return report;
	const shown = <Metric extends { readonly name: string }>(all: readonly Metric[]) =>
		all.filter(({ name }) => isShown(`${prefix}.${name}`));
	return {
		...report,
		gauges: shown(report.gauges),
		counters: shown(report.counters),
		samples: shown(report.samples),
		totals: { counters: shown(report.totals.counters), samples: shown(report.totals.samples) },
	};
}

function prometheus(options: MetricsOptions): Reply {
	const { prefix, prometheus: isOn } = options;
	if (!isOn) return plainText(415, "Prometheus is not enabled since its retention time is not positive");
	const text = prometheusText(reportOf(options), prefix);
	return {
		status: 200,
		headers: {},
		body: {
			kind: "bytes",
			bytes: Buffer.from(text),
			contentType: "text/plain; version=0.0.4; charset=utf-8",
		},
	};
}

function shown(options: MetricsOptions): Reply {
	const { prefix, gaugeHost } = options;
	const report = reportOf(options);
	const gaugePrefix = gaugeHost === "" ? prefix : `${prefix}.${gaugeHost}`;
	return json({
		Timestamp: timestamp(report.intervalStartMs),
		Gauges: report.gauges.map(({ name, labels, value }) => ({
			Name: `${gaugePrefix}.${name}`,
			Value: value,
			Labels: labelsJson(labels),
		})),
		Points: [],
		Counters: report.counters.map((each) => aggregateJson(each, prefix, report)),
		Samples: report.samples.map((each) => aggregateJson(each, prefix, report)),
	});
}

/** As Go prints a time: `2026-11-21 15:52:30 +0000 UTC`. */
function timestamp(ms: number): string {
	return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}

function aggregateJson(each: Aggregate, prefix: string, { intervalSeconds }: MetricsReport): Encodable {
	const { count, sum, sumSquares } = each;
	const variance = count < 2 ? 0 : (count * sumSquares - sum * sum) / (count * (count - 1));
	return {
		Name: `${prefix}.${each.name}`,
		Count: count,
		Rate: sum / intervalSeconds,
		Sum: sum,
		Min: each.min,
		Max: each.max,
		Mean: count === 0 ? 0 : sum / count,
		Stddev: Math.sqrt(Math.max(0, variance)),
		Labels: labelsJson(each.labels),
	};
}

function labelsJson(labels: Labels): Encodable {
	return new Map(Object.entries(labels));
}
