import { describe, expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import type { Outcome, Probe, ProbePlan } from "./plan.ts";
import { createCheckSchedule } from "./schedule.ts";
import { createThreshold } from "./schedule-threshold.ts";
import { probePlan } from "./testing.ts";

const passing: Outcome = { status: "passing", output: "ok" };
const critical: Outcome = { status: "critical", output: "no" };

const plan = (change: Partial<ProbePlan> = {}) =>
	probePlan({ kind: "fake", intervalMs: 10_000, timeoutMs: 0, ...change });

function setUp(options: { eagerStart?: boolean; outcome?: () => Outcome; concurrencyMax?: number } = {}) {
	const clock = new FakeClock();
	const probedAtMs: number[] = [];
	const reports: string[] = [];
	const probe: Probe = async () => {
		probedAtMs.push(clock.monotonicMs());
		return options.outcome?.() ?? passing;
	};
	const schedule = createCheckSchedule({
		clock,
		random: fakeRandom(5),
		probes: { fake: probe },
		report: (id, status, output) => void reports.push(`${clock.monotonicMs()} ${id} ${status} ${output}`),
		eagerStart: options.eagerStart ?? true,
		...(options.concurrencyMax === undefined ? {} : { concurrencyMax: options.concurrencyMax }),
	});
	return { clock, schedule, probedAtMs, reports };
}

describe("check schedule", () => {
	it("probes a new check at once, then each interval from a random moment on", async () => {
		const { clock, schedule, probedAtMs } = setUp();
		schedule.start(plan(), { restored: false });
		await clock.advanceAsync(35_000);
		const [first, second = 0, ...rest] = probedAtMs;
		expect(first).toBe(0);
		expect(second).toBeGreaterThanOrEqual(5_000);
		expect(second).toBeLessThan(10_000);
		expect(rest.slice(0, 2)).toEqual([second + 10_000, second + 20_000]);
	});

	it("spreads checks that were registered together", async () => {
		const { clock, schedule, probedAtMs } = setUp();
		for (let each = 0; each < 100; each++) {
			schedule.start(plan({ content: { checkId: `c${each}`, status: "critical" } }), { restored: false });
		}
		await clock.advanceAsync(10_000);
		const seconds = probedAtMs.filter((ms) => ms > 0).map((ms) => Math.floor(ms / 1_000));
		expect(new Set(seconds)).toEqual(new Set([5, 6, 7, 8, 9]));
	});

	it("gives every probe a signal of its own, so that nothing piles up on one", async () => {
		const clock = new FakeClock();
		const signals = new Set<AbortSignal>();
		const schedule = createCheckSchedule({
			clock,
			random: fakeRandom(5),
			probes: {
				fake: (_, signal) => {
					signals.add(signal);
					return Promise.resolve(passing);
				},
			},
			report: () => {},
			eagerStart: true,
		});
		schedule.start(plan(), { restored: false });
		await clock.advanceAsync(45_000);
		expect(signals.size).toBe(5);
	});

	it("asks a service that is just starting again soon, up to its interval", async () => {
		let well = false;
		const { clock, schedule, probedAtMs, reports } = setUp({ outcome: () => (well ? passing : critical) });
		schedule.start(plan({ intervalMs: 1_000 }), { restored: false });
		await clock.advanceAsync(500);
		well = true;
		await clock.advanceAsync(2_500);
		expect(probedAtMs.slice(0, 4)).toEqual([0, 100, 300, 700]);
		const pausesMs = probedAtMs.map((ms, index) => ms - (probedAtMs[index - 1] ?? 0)).slice(4);
		expect(pausesMs[0]).toBeLessThan(1_000);
		expect(pausesMs.slice(1)).toEqual([1_000]);
		expect(reports.at(-1)).toMatch(/ c passing ok$/);
	});

	it.each([
		["as the reference", false, false],
		["restored after a restart", true, true],
	])("begins at a random moment of the interval: %s", async (_, eagerStart, restored) => {
		const { clock, schedule, probedAtMs } = setUp({ eagerStart });
		for (let each = 0; each < 20; each++) {
			schedule.start(plan({ content: { checkId: `c${each}`, status: "critical" } }), { restored });
		}
		await clock.advanceAsync(9_999);
		expect(probedAtMs.length).toBe(20);
		expect(new Set(probedAtMs.map((ms) => Math.floor(ms / 2_000))).size).toBeGreaterThan(3);
	});

	it("stops, replaces and closes without a trace", async () => {
		const { clock, schedule, probedAtMs } = setUp();
		schedule.start(plan(), { restored: false });
		schedule.start(plan({ intervalMs: 5_000 }), { restored: false });
		await clock.advanceAsync(5_000);
		expect(probedAtMs.length).toBe(2);
		schedule.stop("c");
		schedule.stop("c");
		schedule.start(plan({ content: { checkId: "d", status: "critical" } }), { restored: false });
		schedule.close();
		await clock.advanceAsync(60_000);
		expect(probedAtMs.length).toBe(2);
		expect(clock.pendingCount).toBe(0);
	});

	it("aborts a probe under way and drops its outcome", async () => {
		const clock = new FakeClock();
		const reports: string[] = [];
		let aborted = false;
		const schedule = createCheckSchedule({
			clock,
			random: fakeRandom(1),
			probes: {
				fake: (_, signal) =>
					new Promise((resolve) => {
						signal.addEventListener("abort", () => {
							aborted = true;
							resolve(critical);
						});
					}),
			},
			report: (id) => void reports.push(id),
			eagerStart: true,
		});
		schedule.start(plan(), { restored: false });
		await clock.advanceAsync(1);
		schedule.stop("c");
		await clock.advanceAsync(1);
		expect(aborted).toBe(true);
		expect(reports).toEqual([]);
	});

	it("lets no more probes run at once than it may", async () => {
		const clock = new FakeClock();
		let running = 0;
		let most = 0;
		const schedule = createCheckSchedule({
			clock,
			random: fakeRandom(1),
			probes: {
				fake: (each) =>
					new Promise((resolve) => {
						running++;
						most = Math.max(most, running);
						clock.after(each.timeoutMs, () => {
							running--;
							resolve(passing);
						});
					}),
			},
			report: () => {},
			eagerStart: true,
			concurrencyMax: 3,
		});
		for (let each = 0; each < 10; each++) {
			schedule.start(plan({ timeoutMs: 50, content: { checkId: `c${each}`, status: "passing" } }), { restored: false });
		}
		await clock.advanceAsync(1_000);
		expect(most).toBe(3);
	});

	it("keeps what hangs from delaying what does not", async () => {
		const clock = new FakeClock();
		let running = 0;
		let most = 0;
		const latenessMs: number[] = [];
		const lastMs = new Map<string, number>();
		const probe: Probe = ({ content, timeoutMs }) => {
			most = Math.max(most, ++running);
			const beforeMs = lastMs.get(content.checkId);
			lastMs.set(content.checkId, clock.monotonicMs());
			const isKnown = clock.monotonicMs() > 200_000;
			if (timeoutMs < 100 && isKnown && beforeMs !== undefined)
				latenessMs.push(clock.monotonicMs() - beforeMs - 10_000 - timeoutMs);
			return new Promise((resolve) => {
				clock.after(timeoutMs, () => {
					running--;
					resolve(timeoutMs < 100 ? passing : critical);
				});
			});
		};
		const schedule = createCheckSchedule({
			clock,
			random: fakeRandom(3),
			probes: { fake: probe },
			report: () => {},
			eagerStart: false,
			concurrencyMax: 8,
		});
		// 100 that take all of their ten seconds and would need 50 places, of which there are 32; and 100 that are quick, with 8.
		for (let each = 0; each < 200; each++) {
			const timeoutMs = each < 100 ? 10_000 : 10;
			schedule.start(plan({ timeoutMs, content: { checkId: `c${each}`, status: "passing" } }), { restored: false });
		}
		await clock.advanceAsync(300_000);
		expect(most).toBeLessThanOrEqual(40);
		// Once it is known which of them hang, what is quick comes in time.
		expect(latenessMs.length).toBeGreaterThan(900);
		expect(Math.max(...latenessMs)).toBeLessThan(20);
	});

	it("does not keep what hung for a while waiting behind what hangs for good", async () => {
		const clock = new FakeClock();
		const outage = { fromMs: 300_000, toMs: 325_000 };
		const passedAtMs = new Map<string, number>();
		const schedule = createCheckSchedule({
			clock,
			random: fakeRandom(4),
			probes: {
				fake: ({ content }) => {
					const now = clock.monotonicMs();
					const hangs = content.checkId.startsWith("h") || (now >= outage.fromMs && now < outage.toMs);
					return new Promise((resolve) => {
						clock.after(hangs ? 10_000 : 10, () => resolve(hangs ? critical : passing));
					});
				},
			},
			report: (id, status) => {
				if (status === "passing" && clock.monotonicMs() > outage.toMs && !passedAtMs.has(id))
					passedAtMs.set(id, clock.monotonicMs());
			},
			eagerStart: false,
			concurrencyMax: 8,
		});
		// Those that hang need three times the places that there are: each waits a minute for its turn.
		for (const id of [...Array(200).keys()].map((each) => `h${each}`).concat([...Array(40).keys()].map(String))) {
			schedule.start(plan({ content: { checkId: id, status: "passing" } }), { restored: false });
		}
		await clock.advanceAsync(outage.toMs + 60_000);
		expect(passedAtMs.size).toBe(40);
		// The probe under way (10 s), the interval (10 s) and a place that becomes free (at most 10 s).
		expect(Math.max(...passedAtMs.values()) - outage.toMs).toBeLessThan(30_000);
	});

	it("turns a TTL check critical when its time is over, with the last report in the text", async () => {
		const { clock, schedule, reports } = setUp();
		schedule.start(plan({ kind: "ttl", ttlMs: 1_000 }), { restored: false });
		await clock.advanceAsync(900);
		schedule.renew("c", 1_000, "");
		await clock.advanceAsync(900);
		expect(reports).toEqual([]);
		await clock.advanceAsync(100);
		schedule.renew("c", 1_000, "disk at 80%");
		await clock.advanceAsync(1_000);
		expect(reports).toEqual([
			"1900 c critical TTL expired",
			"2900 c critical TTL expired (last output before timeout follows): disk at 80%",
		]);
	});

	it("never runs a kind that it does not know", async () => {
		const { clock, schedule } = setUp();
		schedule.start(plan({ kind: "maintenance" }), { restored: false });
		expect(clock.pendingCount).toBe(0);
	});
});

describe("thresholds", () => {
	it.each([
		// successes, warnings, criticals; outcomes (p, c); what counts
		[0, 0, 0, "pcp", "pcp"],
		[2, 0, 0, "pppcpp", "-ppc-p"],
		[0, 0, 3, "pccccp", "p--ccp"],
		[0, 1, 3, "pcccp", "pwwcp"],
		[0, 2, 3, "pcccpcc", "p-wcp-w"],
	])("success %d, warning %d, critical %d: %s counts as %s", (successes, warnings, failures, outcomes, counted) => {
		const threshold = createThreshold({
			successBeforePassing: successes,
			failuresBeforeWarning: warnings,
			failuresBeforeCritical: failures,
		});
		const seen = [...outcomes].map((letter) => threshold(letter === "p" ? passing : critical)?.status[0] ?? "-");
		expect(seen.join("")).toBe(counted);
	});
});
