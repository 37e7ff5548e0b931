import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import type { Metrics } from "../../lib/metrics/index.ts";
import type { TelemetryConfig } from "../config/index.ts";
import type { LocalAgent } from "../local/index.ts";
import type { LogState } from "../raft/index.ts";
import type { LanPool } from "./pool/index.ts";

/** What an agent's gauges are read from. */
interface GaugeSources {
	readonly local: LocalAgent;
	/** Absent on an agent that is no server. */
	readonly logState?: () => LogState;
	/** Absent on an agent that is alone. */
	readonly pool: Pick<LanPool, "figures" | "takeLatenessMaxMs"> | undefined;
}

/** How often the event loop's delay is looked at, in milliseconds. */
const delayResolutionMs = 100;

/** Gauges of the process, of what is registered here and of the log; they cost nothing until somebody reads them. */
export function registerGauges(metrics: Metrics, { local, logState, pool }: GaugeSources): void {
	metrics.gauge("runtime.alloc_bytes", () => process.memoryUsage().heapUsed);
	metrics.gauge("runtime.sys_bytes", () => process.memoryUsage.rss());
	metrics.gauge("runtime.cpu_seconds", () => {
		const { user, system } = process.cpuUsage();
		return (user + system) / 1e6;
	});
	metrics.gauge("runtime.uptime_seconds", () => process.uptime());
	observeEventLoop(metrics);
	metrics.gauge("agent.services", () => local.services().size);
	metrics.gauge("agent.checks", () => local.checks().size);
	metrics.gauge("members", () => local.members().length);
	if (pool !== undefined) {
		metrics.gauge("memberlist.health.score", () => pool.figures().healthScore);
		metrics.gauge("memberlist.probes", () => pool.figures().probes);
		metrics.gauge("memberlist.probes_failed", () => pool.figures().failedProbes);
		metrics.gauge("memberlist.refutations", () => pool.figures().refutations);
		metrics.gauge("memberlist.lateness_max_ms", () => pool.takeLatenessMaxMs());
	}
	if (logState === undefined) return;
	metrics.gauge("raft.applied_index", () => logState().appliedIndex);
	metrics.gauge("raft.last_index", () => logState().lastIndex);
	metrics.gauge("raft.pending", () => logState().pendingCount);
	metrics.gauge("server.isLeader", () => (logState().role === "leader" ? 1 : 0));
}

/** Delay of the event loop since the last reading, and the pauses for collecting garbage. */
function observeEventLoop(metrics: Metrics): void {
	const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
	delay.enable();
	// What is measured is the time from one look to the next.
	const delayMs = (ns: number) => Math.max(0, ns / 1e6 - delayResolutionMs);
	// Before the greatest one, whose reading begins anew.
	metrics.gauge("runtime.event_loop_delay_p99_ms", () => delayMs(delay.percentile(99)));
	metrics.gauge("runtime.event_loop_delay_max_ms", () => {
		const maxMs = delayMs(delay.max);
		delay.reset();
		return maxMs;
	});
	const pause = metrics.sampler("runtime.gc_pause_ms");
	new PerformanceObserver((list) => {
		for (const entry of list.getEntries()) pause(entry.duration);
	}).observe({ entryTypes: ["gc"] });
}

/** The longest prefix of a metric's name decides whether it is shown. */
export function metricFilter({ rules, isShownDefault }: TelemetryConfig["filter"]): (name: string) => boolean {
	const longestFirst = [...rules].sort((one, other) => other.prefix.length - one.prefix.length);
	return (name) => longestFirst.find(({ prefix }) => name.startsWith(prefix))?.isShown ?? isShownDefault;
}
