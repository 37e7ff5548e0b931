import { describe, expect, it } from "vitest";
import { FakeClock } from "../env/fake.ts";
import { createMetrics, prometheusText } from "./index.ts";

describe("metrics", () => {
	it("sums up the last whole interval, and everything since the start", () => {
		const clock = new FakeClock();
		const metrics = createMetrics(clock);
		metrics.sample("took", 2);
		metrics.sample("took", 4);
		metrics.count("seen", 3);
		expect(metrics.report().samples).toEqual([
			{ name: "took", labels: {}, count: 2, sum: 6, min: 2, max: 4, sumSquares: 20 },
		]);
		clock.advance(10_000);
		metrics.sample("took", 10);
		const report = metrics.report();
		expect(report.samples.map(({ sum }) => sum)).toEqual([6]);
		expect(report.totals.samples.map(({ sum, count }) => [sum, count])).toEqual([[16, 3]]);
		clock.advance(20_000);
		expect(metrics.report().samples).toEqual([]);
	});

	it("leaves out what is no number", () => {
		const metrics = createMetrics(new FakeClock());
		metrics.gauge("good", () => 1.5);
		metrics.gauge("bad", () => Number.NaN);
		metrics.sample("bad", Number.POSITIVE_INFINITY);
		expect(metrics.report()).toMatchObject({ gauges: [{ name: "good", value: 1.5 }], samples: [] });
	});

	it("drops series beyond its limit", () => {
		const metrics = createMetrics(new FakeClock());
		for (let number = 0; number < 3_000; number++) metrics.count("seen", 1, { number: String(number) });
		expect(metrics.report().counters).toHaveLength(2_000);
	});

	it("writes Prometheus' text", () => {
		const metrics = createMetrics(new FakeClock());
		metrics.gauge("raft.applied-index", () => 7);
		metrics.count("seen", 2, { what: 'a "b"' });
		for (const value of [3, 1, 2]) metrics.sample("took", value);
		expect(prometheusText(metrics.report(), "consul")).toBe(
			[
				"# HELP consul_raft_applied_index consul_raft_applied_index",
				"# TYPE consul_raft_applied_index gauge",
				"consul_raft_applied_index 7",
				"# HELP consul_seen consul_seen",
				"# TYPE consul_seen counter",
				'consul_seen{what="a \\"b\\""} 2',
				"# HELP consul_took consul_took",
				"# TYPE consul_took summary",
				'consul_took{quantile="0.5"} 2',
				'consul_took{quantile="0.9"} 3',
				'consul_took{quantile="0.99"} 3',
				"consul_took_sum 6",
				"consul_took_count 3",
				"",
			].join("\n"),
		);
	});
});
