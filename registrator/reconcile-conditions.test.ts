import { describe, expect, test } from "vitest";
import type { ServiceHealth } from "./health.ts";
import type { ConditionChange, Outcome, Reconciler } from "./reconcile.ts";
import { entryOf, reconcilerOfHost, registration } from "./testing/registrations.ts";

const term = 15;
const passing: ServiceHealth = { status: "passing", output: "healthy" };
const critical: ServiceHealth = { status: "critical", output: "unhealthy" };

/** Plans and finishes everything, over and over; conditions as they are, the rest as `+` or `-`. */
function settle(reconciler: Reconciler, outcome: Outcome = "done"): (ConditionChange | "+" | "-")[] {
	const done: (ConditionChange | "+" | "-")[] = [];
	for (let round = 0; round < 5; round++) {
		for (const operation of reconciler.plan(100)) {
			reconciler.finished(operation, outcome);
			done.push(operation.kind === "condition" ? operation.change : operation.kind === "register" ? "+" : "-");
		}
	}
	return done;
}

function answer(startedAtMs: number, health?: ServiceHealth, drainMs = 10_000) {
	const service = { ...registration("a", 8001), drainMs, ...(health === undefined ? {} : { health }) };
	return { name: "a", startedAtMs, stopSignal: term, services: [service] };
}

function running(health?: ServiceHealth, drainMs?: number): Reconciler {
	const reconciler = reconcilerOfHost(true, true);
	reconciler.inspected(reconciler.started("a", "a", 1000), answer(1000, health, drainMs));
	settle(reconciler);
	return reconciler;
}

const drains = { drain: { untilMs: 12_000 } };

describe("draining", () => {
	test("begins with the stop signal and goes with the service", () => {
		const reconciler = running();
		reconciler.signalled("a", term, 2000);
		expect(settle(reconciler)).toEqual([drains]);
		expect(reconciler.overview().services[0]).toMatchObject({ state: "registered", drainingUntilMs: 12_000 });
		reconciler.died("a", 3000, false);
		expect(settle(reconciler)).toEqual(["-"]);
	});

	test.each([
		["another signal", () => running(), 1, 2000],
		["SIGKILL", () => running(), 9, 2000],
		["one that was sent to the run before", () => running(), term, 999],
		["a service that does not want to", () => running(undefined, 0), term, 2000],
		["another container's", () => running(), term, 2000, "b"],
	])("is not begun by %s", (_, make, signal, timeMs, id = "a") => {
		const reconciler = make();
		reconciler.signalled(id, signal, timeMs);
		expect(settle(reconciler)).toEqual([]);
	});

	test("is not begun where the registry knows no maintenance", () => {
		const reconciler = reconcilerOfHost(true, false);
		reconciler.inspected(reconciler.started("a", "a", 1000), answer(1000, passing));
		reconciler.signalled("a", term, 2000);
		expect(settle(reconciler)).toEqual(["+"]);
	});

	test("keeps its time when the signal is sent again", () => {
		const reconciler = running();
		reconciler.signalled("a", term, 2000);
		reconciler.signalled("a", term, 5000);
		expect(settle(reconciler)).toEqual([drains]);
	});

	test("ends with a restart, even when the entry was never gone", () => {
		const reconciler = running();
		reconciler.signalled("a", term, 2000);
		settle(reconciler);
		reconciler.died("a", 3000, false);
		reconciler.inspected(reconciler.started("a", "a", 3001), answer(3001));
		expect(settle(reconciler)).toEqual(["+", { drain: "ended" }]);
	});

	test("ends with a restart of which nobody told", () => {
		const reconciler = running();
		reconciler.signalled("a", term, 2000);
		settle(reconciler);
		const listed = [{ id: "a", name: "a", state: "running" as const, digest: "other" }];
		for (const inspection of reconciler.dockerListed(reconciler.listingBegins(), listed, { missedEvents: true })) {
			reconciler.inspected(inspection, answer(4000));
		}
		expect(settle(reconciler)).toEqual([{ drain: "ended" }]);
	});

	test("is not ended by the late start event of the same run", () => {
		const reconciler = running();
		reconciler.signalled("a", term, 2000);
		settle(reconciler);
		reconciler.inspected(reconciler.started("a", "a", 1000), answer(1000));
		expect(settle(reconciler)).toEqual(["+", drains]);
	});

	test("ends when the container runs on", () => {
		const reconciler = running();
		reconciler.signalled("a", term, 2000);
		settle(reconciler);
		expect(reconciler.endOverdueDrains(71_999, 60_000)).toEqual([]);
		expect(reconciler.endOverdueDrains(72_000, 60_000)).toEqual(["a"]);
		expect(settle(reconciler)).toEqual([{ drain: "ended" }]);
		expect(reconciler.endOverdueDrains(99_999, 60_000)).toEqual([]);
	});

	test("is told again when the registry forgot it, and ended when a life before left it", () => {
		const reconciler = running();
		const list = (draining: readonly string[]) =>
			reconciler.registryListed(reconciler.listingBegins(), [entryOf(registration("a", 8001))], new Set(draining));
		list(["host:a:80"]);
		expect(settle(reconciler)).toEqual([{ drain: "ended" }]);
		reconciler.signalled("a", term, 2000);
		settle(reconciler);
		list(["host:a:80"]);
		expect(settle(reconciler)).toEqual([]);
		list([]);
		expect(settle(reconciler)).toEqual([drains]);
	});

	test("is tried again after the registry was away, not after it refused", () => {
		const reconciler = running();
		reconciler.signalled("a", term, 2000);
		const [away] = reconciler.plan(1);
		if (away !== undefined) reconciler.finished(away, "unreachable");
		expect(settle(reconciler, "refused")).toEqual([drains]);
		expect(settle(reconciler)).toEqual([]);
	});
});

describe("health", () => {
	const inspected = (reconciler: Reconciler, health: ServiceHealth) => {
		const inspection = reconciler.changed("a");
		if (inspection !== undefined) reconciler.inspected(inspection, answer(1000, health));
	};

	test("is written with the registration and when it changes, without registering again", () => {
		const reconciler = reconcilerOfHost(true, true);
		reconciler.inspected(reconciler.started("a", "a", 1000), answer(1000, critical));
		expect(settle(reconciler)).toEqual(["+", { health: critical }]);
		inspected(reconciler, passing);
		expect(settle(reconciler)).toEqual([{ health: passing }]);
		inspected(reconciler, passing);
		expect(settle(reconciler)).toEqual([]);
	});

	test("is written again lest it expires", () => {
		const reconciler = running(passing);
		reconciler.refreshConditions();
		expect(settle(reconciler)).toEqual([{ health: passing }]);
		expect(settle(reconciler)).toEqual([]);
	});

	test("is written again after the registry lost the service", () => {
		const reconciler = running(passing);
		reconciler.registryListed(reconciler.listingBegins(), [], new Set());
		expect(settle(reconciler)).toEqual(["+", { health: passing }]);
	});

	test("goes together with draining", () => {
		const reconciler = running(passing);
		reconciler.signalled("a", term, 2000);
		inspected(reconciler, critical);
		expect(settle(reconciler)).toEqual([{ ...drains, health: critical }]);
	});

	test("of a container that is not known is nothing to ask about", () => {
		expect(running().changed("b")).toBeUndefined();
	});
});
