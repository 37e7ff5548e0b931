import { type HaproxyStatus, haproxyMetrics, haproxyText } from "./haproxy/index.ts";
import type { Reason } from "./reasons.ts";
import type { TemplateReport } from "./runner/index.ts";
import type { FailingWatch } from "./watch-health.ts";

/** What a running program tells about one template (`/v1/templates`). Times are RFC 3339. */
export interface TemplateStatus {
	readonly Name: string;
	/** The destination, or the group. */
	readonly Destination: string;
	readonly State: TemplateReport["state"];
	readonly WaitsFor: readonly WaitStatus[];
	readonly Dependencies: readonly string[];
	readonly Rendered: number;
	readonly Refused: number;
	readonly RolledBack: number;
	readonly Failed: number;
	readonly ChangedAt: string | null;
	readonly Error: string | null;
}

export interface WaitStatus {
	readonly Dependency: string;
	/** `SOURCE:LINE:COLUMN`. */
	readonly At: string;
	readonly Reason: Reason["code"];
	readonly Text: string;
}

/** Everything that a running program tells. */
export interface Status {
	readonly Ready: boolean;
	readonly Agent: string;
	/** How many different dependencies are watched. */
	readonly Watches: number;
	/** How often one that hung was begun anew. */
	readonly WatchRestarts: number;
	/** Those whose last read has failed; templates keep what they have. */
	readonly Failing: readonly FailingWatch[];
	readonly Templates: readonly TemplateStatus[];
	/** Absent without `haproxy` blocks. */
	readonly Haproxy?: readonly HaproxyStatus[];
}

export function templateStatus(
	report: TemplateReport,
	destination: string,
	reasonFor: (id: string) => Reason,
): TemplateStatus {
	const { counts, changedAtMs } = report;
	return {
		Name: report.name,
		Destination: destination,
		State: report.state,
		WaitsFor: report.waits.map(({ dependency: { id }, at }) => {
			const { code, text } = reasonFor(id);
			return { Dependency: id, At: at, Reason: code, Text: text };
		}),
		Dependencies: report.dependencies,
		Rendered: counts.rendered,
		Refused: counts.refused,
		RolledBack: counts.rolledBack,
		Failed: counts.failed,
		ChangedAt: changedAtMs === undefined ? null : new Date(changedAtMs).toISOString(),
		Error: report.error?.message ?? null,
	};
}

/** One line for what is missing: `t.ctmpl:3:5 waits for kv.block(a): does not exist`. */
function waitLine({ At, Dependency, Text }: WaitStatus): string {
	return `${At} waits for ${Dependency}: ${Text}`;
}

/** The status for a terminal. */
export function statusText({ Ready, Agent, Watches, Failing, Templates, Haproxy = [] }: Status): string {
	const lines = [`${Ready ? "ready" : "not ready"}: ${Templates.length} templates, ${Watches} watches, agent ${Agent}`];
	for (const template of Templates) {
		const name = template.Destination === "" ? template.Name : `${template.Name} -> ${template.Destination}`;
		const counts = [
			`${template.Rendered} times`,
			...(template.Refused > 0 ? [`${template.Refused} refused`] : []),
			...(template.RolledBack > 0 ? [`${template.RolledBack} rolled back`] : []),
			...(template.Failed > 0 ? [`${template.Failed} failed`] : []),
			...(template.ChangedAt === null ? [] : [`last ${template.ChangedAt}`]),
		];
		lines.push(`${template.State.padEnd(8)}  ${name}  (${counts.join(", ")})`);
		for (const wait of template.WaitsFor) lines.push(`          ${waitLine(wait)}`);
		if (template.Error !== null) lines.push(`          ${template.Error}`);
	}
	for (const { Dependency, Since, Text } of Failing) lines.push(`failing   ${Dependency} since ${Since}: ${Text}`);
	return `${[...lines, ...haproxyText(Haproxy)].join("\n")}\n`;
}

/** The status in Prometheus' text format. */
export function metricsText({ Ready, Watches, WatchRestarts, Failing, Templates, Haproxy = [] }: Status): string {
	const lines: string[] = [];
	const gauge = (name: string, type: "gauge" | "counter", help: string) =>
		lines.push(`# HELP disco_template_${name} ${help}`, `# TYPE disco_template_${name} ${type}`);
	gauge("ready", "gauge", "1 when every template is rendered.");
	lines.push(`disco_template_ready ${Ready ? 1 : 0}`);
	gauge("watches", "gauge", "Different dependencies watched.");
	lines.push(`disco_template_watches ${Watches}`);
	gauge("watches_failing", "gauge", "Watches whose last read has failed.");
	lines.push(`disco_template_watches_failing ${Failing.length}`);
	gauge("watch_restarts_total", "counter", "Watches that hung and were begun anew.");
	lines.push(`disco_template_watch_restarts_total ${WatchRestarts}`);
	gauge("stale", "gauge", "1 when a template's data are older than its max_age.");
	for (const one of Templates) lines.push(`disco_template_stale${labels(one)} ${one.State === "stale" ? 1 : 0}`);
	gauge("waits", "gauge", "Dependencies of a template whose data are missing.");
	for (const one of Templates) lines.push(`disco_template_waits${labels(one)} ${one.WaitsFor.length}`);
	for (const [name, key, help] of [
		["rendered_total", "Rendered", "Times the files of a template changed."],
		["refused_total", "Refused", "Times a new file was refused by its limits or its check."],
		["rolled_back_total", "RolledBack", "Times the former file was put back."],
		["failed_total", "Failed", "Times a template failed in another way."],
	] as const) {
		gauge(name, "counter", help);
		for (const one of Templates) lines.push(`disco_template_${name}${labels(one)} ${one[key]}`);
	}
	gauge("changed_seconds", "gauge", "Unix time of the last change of a template's files.");
	for (const one of Templates) {
		if (one.ChangedAt !== null) {
			lines.push(`disco_template_changed_seconds${labels(one)} ${Date.parse(one.ChangedAt) / 1000}`);
		}
	}
	return `${[...lines, ...haproxyMetrics(Haproxy)].join("\n")}\n`;
}

function labels({ Name, Destination }: TemplateStatus): string {
	const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
	return `{template=${quoted(Name)},destination=${quoted(Destination)}}`;
}
