import { describe, expect, test } from "vitest";
import type { Operation, Reconciler } from "./reconcile.ts";
import { entryOf, reconcilerOfHost, registration } from "./testing/registrations.ts";

/** `+id@port` for a registration, `-id` for a removal. */
function text(operation: Operation): string {
	switch (operation.kind) {
		case "register":
			return `+${operation.service.id}@${operation.service.port}`;
		case "deregister":
			return `-${operation.entry.id}`;
		case "condition":
			return `?${operation.entry.id}${operation.again ? " again" : ""} ${JSON.stringify(operation.change)}`;
	}
}

/** Plans and finishes everything; gives what was done. */
function settle(reconciler: Reconciler): string[] {
	const operations = reconciler.plan(100);
	for (const operation of operations) reconciler.finished(operation, "done");
	return operations.map(text);
}

function start(reconciler: Reconciler, name: string, timeMs: number, port: number, id?: string) {
	const inspection = reconciler.started(name, name, timeMs);
	reconciler.inspected(inspection, { name, startedAtMs: timeMs, services: [registration(name, port, id)] });
}

const running = (name: string, digest = "") => ({ id: name, name, state: "running" as const, digest });

describe.each([true, false])("repair %s", (repair) => {
	test("start registers, die removes", () => {
		const reconciler = reconcilerOfHost(repair);
		start(reconciler, "a", 1, 8001);
		expect(settle(reconciler)).toEqual(["+host:a:80@8001"]);
		expect(settle(reconciler)).toEqual([]);
		reconciler.died("a", 2, false);
		expect(settle(reconciler)).toEqual(["-host:a:80"]);
	});

	test("a restart registers again, even the same", () => {
		const reconciler = reconcilerOfHost(repair);
		start(reconciler, "a", 1, 8001);
		settle(reconciler);
		reconciler.died("a", 2, false);
		start(reconciler, "a", 3, 8001);
		expect(settle(reconciler)).toEqual(["+host:a:80@8001"]);
	});

	test("the answer to a question that newer news overtook does not count", () => {
		const reconciler = reconcilerOfHost(repair);
		const inspection = reconciler.started("a", "a", 1);
		reconciler.died("a", 2, false);
		reconciler.inspected(inspection, { name: "a", startedAtMs: 1, services: [registration("a", 8001)] });
		expect(settle(reconciler)).toEqual([]);
	});

	test("a late die of the run before does not count", () => {
		const reconciler = reconcilerOfHost(repair);
		start(reconciler, "a", 5, 8001);
		settle(reconciler);
		reconciler.died("a", 4, false);
		expect(settle(reconciler)).toEqual([]);
	});

	test("one operation per entry at a time", () => {
		const reconciler = reconcilerOfHost(repair);
		start(reconciler, "a", 1, 8001);
		const [register] = reconciler.plan(100);
		reconciler.died("a", 2, false);
		expect(reconciler.plan(100)).toEqual([]);
		reconciler.finished(register as Operation, "done");
		expect(settle(reconciler)).toEqual(["-host:a:80"]);
	});

	test("what was refused is tried again only when told", () => {
		const reconciler = reconcilerOfHost(repair);
		start(reconciler, "a", 1, 8001);
		reconciler.finished(reconciler.plan(1)[0] as Operation, "refused");
		expect(reconciler.plan(1)).toEqual([]);
		reconciler.forgetRefusals();
		expect(settle(reconciler)).toEqual(["+host:a:80@8001"]);
	});

	test("of two containers with one id the last has it, and the other takes over", () => {
		const reconciler = reconcilerOfHost(repair);
		start(reconciler, "a", 1, 8001, "x");
		start(reconciler, "b", 2, 8002, "x");
		expect(settle(reconciler)).toEqual(["+x@8002"]);
		reconciler.died("b", 3, false);
		expect(settle(reconciler)).toEqual(["+x@8001"]);
	});

	test("a plan has no more operations than asked for", () => {
		const reconciler = reconcilerOfHost(repair);
		for (const name of ["a", "b", "c"]) start(reconciler, name, 1, 8001);
		expect(reconciler.plan(2)).toHaveLength(2);
		expect(reconciler.plan(2)).toHaveLength(1);
	});

	test("registerAgain", () => {
		const reconciler = reconcilerOfHost(repair);
		start(reconciler, "a", 1, 8001);
		settle(reconciler);
		reconciler.registerAgain();
		expect(settle(reconciler)).toEqual(["+host:a:80@8001"]);
	});
});

describe("with repair", () => {
	test("a listing tells of what was missed", () => {
		const reconciler = reconcilerOfHost(true);
		start(reconciler, "a", 1, 8001);
		settle(reconciler);
		const inspections = reconciler.dockerListed(reconciler.listingBegins(), [running("b")], { missedEvents: true });
		expect(settle(reconciler)).toEqual(["-host:a:80"]);
		for (const inspection of inspections) {
			reconciler.inspected(inspection, { name: "b", startedAtMs: 1, services: [registration("b", 8002)] });
		}
		expect(settle(reconciler)).toEqual(["+host:b:80@8002"]);
	});

	test("a listing that began before the last event says nothing about that container", () => {
		const reconciler = reconcilerOfHost(true);
		start(reconciler, "gone", 1, 8001);
		settle(reconciler);
		const generation = reconciler.listingBegins();
		start(reconciler, "new", 2, 8002);
		reconciler.died("gone", 3, false);
		settle(reconciler);
		const [question] = reconciler.dockerListed(generation, [running("gone")], { missedEvents: false });
		expect(question?.containerId).toBe("gone");
		reconciler.inspected(question as NonNullable<typeof question>, undefined);
		expect(settle(reconciler)).toEqual([]);
		expect(reconciler.overview().services.map(({ id }) => id)).toEqual(["host:new:80"]);
	});

	test("another digest is a reason to ask again", () => {
		const reconciler = reconcilerOfHost(true);
		const list = (digest: string) =>
			reconciler.dockerListed(reconciler.listingBegins(), [running("a", digest)], { missedEvents: false });
		for (const inspection of list("1")) {
			reconciler.inspected(inspection, { name: "a", startedAtMs: 1, services: [registration("a", 8001)] });
		}
		expect(list("1")).toEqual([]);
		expect(list("2")).toHaveLength(1);
	});

	test("the registry is brought back to what Docker says, and others' entries stay", () => {
		const reconciler = reconcilerOfHost(true);
		start(reconciler, "a", 1, 8001);
		start(reconciler, "b", 1, 8002);
		settle(reconciler);
		reconciler.dockerListed(reconciler.listingBegins(), [running("a"), running("b")], { missedEvents: false });
		reconciler.registryListed(reconciler.listingBegins(), [
			entryOf(registration("a", 9)),
			entryOf(registration("left", 80)),
			entryOf(registration("other", 80, "otherhost:other:80")),
			entryOf(registration("plain", 80, "plain-id")),
		]);
		expect(settle(reconciler)).toEqual(["+host:a:80@8001", "+host:b:80@8002", "-host:left:80"]);
	});

	test("nothing is removed before Docker has been asked, or while it is asked about that container", () => {
		const reconciler = reconcilerOfHost(true);
		const list = () => reconciler.registryListed(reconciler.listingBegins(), [entryOf(registration("a", 8001))]);
		list();
		expect(settle(reconciler)).toEqual([]);
		const [question] = reconciler.dockerListed(reconciler.listingBegins(), [running("a")], { missedEvents: true });
		list();
		expect(settle(reconciler)).toEqual([]);
		reconciler.inspected(question as NonNullable<typeof question>, { name: "a", startedAtMs: 1, services: [] });
		expect(settle(reconciler)).toEqual(["-host:a:80"]);
	});

	test("an entry that comes back each time is another registrator's, and is let be", () => {
		const reconciler = reconcilerOfHost(true);
		reconciler.dockerListed(reconciler.listingBegins(), [], { missedEvents: true });
		const list = () => reconciler.registryListed(reconciler.listingBegins(), [entryOf(registration("a", 1))]);
		for (let round = 0; round < 2; round++) {
			expect(list()).toEqual([]);
			expect(settle(reconciler)).toEqual(["-host:a:80"]);
		}
		expect(list().map(({ id }) => id)).toEqual(["host:a:80"]);
		expect(list()).toEqual([]);
		expect(settle(reconciler)).toEqual([]);
		start(reconciler, "a", 1, 8001);
		expect(settle(reconciler)).toEqual(["+host:a:80@8001"]);
	});

	test("what may have been registered is removed", () => {
		const reconciler = reconcilerOfHost(true);
		start(reconciler, "a", 1, 8001);
		reconciler.finished(reconciler.plan(1)[0] as Operation, "unreachable");
		reconciler.died("a", 2, false);
		expect(settle(reconciler)).toEqual(["-host:a:80"]);
	});

	test("a failed container keeps its services until it is removed from Docker", () => {
		const reconciler = reconcilerOfHost(true);
		start(reconciler, "a", 1, 8001);
		settle(reconciler);
		reconciler.died("a", 2, true);
		expect(settle(reconciler)).toEqual([]);
		reconciler.destroyed("a");
		expect(settle(reconciler)).toEqual(["-host:a:80"]);
	});

	test("after its own restart too", () => {
		const reconciler = reconcilerOfHost(true);
		const kept = { id: "a", name: "a", state: "kept" as const, digest: "" };
		reconciler.dockerListed(reconciler.listingBegins(), [kept], { missedEvents: true });
		reconciler.registryListed(reconciler.listingBegins(), [entryOf(registration("a", 8001))]);
		expect(settle(reconciler)).toEqual([]);
		reconciler.dockerListed(reconciler.listingBegins(), [], { missedEvents: false });
		expect(settle(reconciler)).toEqual(["-host:a:80"]);
	});
});

describe("without repair", () => {
	test("what a failed container leaves is forgotten", () => {
		const reconciler = reconcilerOfHost(false);
		start(reconciler, "a", 1, 8001);
		settle(reconciler);
		reconciler.died("a", 2, true);
		reconciler.destroyed("a");
		expect(settle(reconciler)).toEqual([]);
		start(reconciler, "a", 3, 8001);
		expect(settle(reconciler)).toEqual(["+host:a:80@8001"]);
	});

	test("cleanup removes own entries without a container of that name and a service of that name", () => {
		const reconciler = reconcilerOfHost(false);
		start(reconciler, "a", 1, 8001);
		reconciler.dockerListed(reconciler.listingBegins(), [running("a")], { missedEvents: false });
		settle(reconciler);
		reconciler.removeDangling([
			entryOf(registration("a", 8001)),
			{ ...entryOf(registration("a", 1, "host:a:81")), name: "other" },
			entryOf(registration("a", 1, "host:a:82")),
			entryOf(registration("gone", 1)),
			entryOf(registration("gone", 1, "otherhost:gone:80")),
		]);
		expect(settle(reconciler)).toEqual(["-host:a:81", "-host:gone:80"]);
	});
});
