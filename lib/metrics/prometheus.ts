import type { Labels, MetricsReport } from "./metrics.ts";

const quantiles = [0.5, 0.9, 0.99] as const;

/** The report in Prometheus' text format (version 0.0.4); names are `<prefix>_<name>` with underscores. */
export function prometheusText(report: MetricsReport, prefix: string): string {
	const families = new Map<string, { readonly type: string; readonly lines: string[] }>();
	const linesOf = (name: string, type: string) => {
		const family = metricName(prefix, name);
		const known = families.get(family) ?? { type, lines: [] };
		families.set(family, known);
		return { family, lines: known.lines };
	};
	for (const { name, labels, value } of report.gauges) {
		const { family, lines } = linesOf(name, "gauge");
		lines.push(`${family}${labelText(labels)} ${value}`);
	}
	for (const { name, labels, sum } of report.totals.counters) {
		const { family, lines } = linesOf(name, "counter");
		lines.push(`${family}${labelText(labels)} ${sum}`);
	}
	for (const { name, labels, sum, count, recent } of report.totals.samples) {
		const { family, lines } = linesOf(name, "summary");
		for (const quantile of quantiles) {
			const value = recent[Math.min(recent.length - 1, Math.floor(recent.length * quantile))] ?? 0;
			lines.push(`${family}${labelText({ ...labels, quantile: String(quantile) })} ${value}`);
		}
		lines.push(`${family}_sum${labelText(labels)} ${sum}`, `${family}_count${labelText(labels)} ${count}`);
	}
	return [...families]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([family, { type, lines }]) => `# HELP ${family} ${family}\n# TYPE ${family} ${type}\n${lines.join("\n")}\n`)
		.join("");
}

function metricName(prefix: string, name: string): string {
	return `${prefix}_${name}`.replace(/[^a-zA-Z0-9_:]/g, "_");
}

function labelText(labels: Labels): string {
	const pairs = Object.entries(labels).map(
		([name, value]) => `${name.replace(/[^a-zA-Z0-9_]/g, "_")}="${value.replace(/[\\"\n]/g, escaped)}"`,
	);
	return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(character: string): string {
	return character === "\n" ? "\\n" : `\\${character}`;
}
