import { afterEach, describe, expect, test } from "vitest";
import { FakeClock } from "../lib/env/fake.ts";
import { silentLogger } from "../lib/log/index.ts";
import { serviceSource } from "./service-source.ts";
import { createStatus } from "./status.ts";
import { runSync, type SyncOptions } from "./sync.ts";
import { fakeBackend } from "./testing/fake-backend.ts";
import { fakeDocker } from "./testing/fake-docker.ts";
import { plainMapping as mapping } from "./testing/mapping.ts";
import { entryOf, registration } from "./testing/registrations.ts";

const noTags = { render: async () => "" };
const waitForEver = { attempts: -1, intervalMs: 2000 };
/** As `-compat`: nothing is repaired. */
const followOnly = { reconcileMs: 0, retry: { attempts: 0, intervalMs: 2000 } };

function setUp(options: Partial<SyncOptions> = {}) {
	const docker = fakeDocker();
	const backend = fakeBackend();
	const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
	const end = new AbortController();
	ending.push(end);
	const run = () =>
		runSync(
			{
				docker,
				backend,
				clock,
				logger: silentLogger,
				servicesOf: serviceSource(noTags, mapping),
				owner: "host",
				deregistration: "always",
				resyncMs: 0,
				refreshMs: 0,
				reconcileMs: 10_000,
				cleanup: false,
				retry: waitForEver,
				status: createStatus(),
				waitsForDocker: false,
				dry: false,
				...options,
			},
			end.signal,
		);
	/** The code of the error that ended it; `running` while it runs, `ended` after an abort. */
	const state = { is: "running" };
	const start = async () => {
		run().then(
			() => {
				state.is = "ended";
			},
			(error: { code?: string }) => {
				state.is = error.code ?? String(error);
			},
		);
		await clock.advanceAsync(0);
	};
	const entries = () => [...backend.entries.values()].map(({ id, fingerprint }) => `${id}@${fingerprint}`).sort();
	return { docker, backend, clock, end, state, start, entries };
}
const ending: AbortController[] = [];
afterEach(() => {
	for (const end of ending.splice(0)) end.abort();
});

const ways: readonly [string, Partial<SyncOptions>][] = [
	["with repair", {}],
	["following only", followOnly],
];
describe.each(ways)("%s", (_, options) => {
	test("running containers are registered at start, then events are followed", async () => {
		const { docker, clock, start, entries } = setUp(options);
		docker.start("a", { hostPort: 8001 });
		docker.start("stopped");
		docker.die("stopped");
		await start();
		expect(entries()).toEqual(["host:a:80@8001"]);
		docker.start("b", { hostPort: 8002 });
		docker.die("a");
		await clock.advanceAsync(0);
		expect(entries()).toEqual(["host:b:80@8002"]);
	});

	test("a signal ends it, and what is registered stays", async () => {
		const { docker, clock, start, entries, end, state } = setUp(options);
		docker.start("a");
		await start();
		end.abort();
		await clock.advanceAsync(0);
		expect(state.is).toBe("ended");
		expect(entries()).toHaveLength(1);
		expect(clock.pendingCount).toBe(0);
	});

	test("Docker away at start is an error", async () => {
		const { docker, start, state } = setUp(options);
		docker.failing = "everything";
		await start();
		expect(state.is).toBe("DOCKER_UNREACHABLE");
	});

	test("events are taken in while writes hang", async () => {
		const { docker, backend, clock, start } = setUp(options);
		await start();
		backend.mode = "hanging";
		for (let index = 0; index < 100; index++) docker.start(`c${index}`);
		await clock.advanceAsync(0);
		expect(backend.writes).toHaveLength(16);
		expect(docker.streamsOpened).toBe(1);
	});

	test("writes that hang do not keep it from ending", async () => {
		const { docker, backend, clock, start, end, state } = setUp(options);
		await start();
		backend.mode = "hanging";
		docker.start("a");
		await clock.advanceAsync(0);
		end.abort();
		await clock.advanceAsync(1_999);
		expect(state.is).toBe("running");
		await clock.advanceAsync(1);
		expect(state.is).toBe("ended");
	});

	test("entries that expire are refreshed", async () => {
		const { docker, backend, clock, start } = setUp({ ...options, refreshMs: 3_000 });
		docker.start("a", { hostPort: 8001 });
		await start();
		await clock.advanceAsync(3_000);
		docker.die("a");
		await clock.advanceAsync(3_000);
		expect(backend.writes).toEqual(["+host:a:80@8001", "+host:a:80@8001", "-host:a:80"]);
	});

	test("everything is registered again at each resync", async () => {
		const { docker, backend, clock, start } = setUp({
			...options,
			reconcileMs: options.reconcileMs ?? 100_000,
			resyncMs: 3_000,
		});
		docker.start("a", { hostPort: 8001 });
		await start();
		await clock.advanceAsync(6_000);
		expect(backend.writes).toEqual(["+host:a:80@8001", "+host:a:80@8001", "+host:a:80@8001"]);
	});
});

describe("with repair", () => {
	test("the stream is opened again, and what was missed is mended", async () => {
		const { docker, clock, start, entries, state } = setUp();
		docker.start("a");
		docker.start("b", { hostPort: 8002 });
		await start();
		docker.endStream();
		docker.die("a", { silent: true });
		docker.start("b", { hostPort: 8003, silent: true });
		docker.start("c", { hostPort: 8004, silent: true });
		await clock.advanceAsync(250);
		expect(docker.streamsOpened).toBe(2);
		expect(entries()).toEqual(["host:b:80@8003", "host:c:80@8004"]);
		expect(state.is).toBe("running");
	});

	test("Docker away is tried again with longer and longer pauses", async () => {
		const { docker, clock, start, entries } = setUp();
		docker.start("a");
		await start();
		docker.failing = "everything";
		docker.endStream();
		docker.die("a", { silent: true });
		await clock.advanceAsync(60_000);
		docker.failing = "nothing";
		await clock.advanceAsync(10_000);
		expect(docker.streamsOpened).toBe(2);
		expect(entries()).toEqual([]);
	});

	test("the registry away at start is waited for", async () => {
		const { docker, backend, clock, start, entries } = setUp();
		docker.start("a");
		backend.mode = "away";
		await start();
		await clock.advanceAsync(3_600_000);
		backend.mode = "up";
		await clock.advanceAsync(2_000);
		expect(entries()).toHaveLength(1);
	});

	test("the registry away later: what it forgot and what it missed", async () => {
		const { docker, backend, clock, start, entries } = setUp();
		docker.start("a", { hostPort: 8001 });
		docker.start("b", { hostPort: 8002 });
		await start();
		backend.mode = "away";
		docker.die("a");
		docker.start("c", { hostPort: 8003 });
		await clock.advanceAsync(60_000);
		backend.entries.clear();
		backend.mode = "up";
		await clock.advanceAsync(10_000);
		expect(entries()).toEqual(["host:b:80@8002", "host:c:80@8003"]);
	});

	test("entries that others changed, removed, or that a killed registrator left, are mended", async () => {
		const { docker, backend, clock, start, entries } = setUp();
		docker.start("a", { hostPort: 8001 });
		docker.start("b", { hostPort: 8002 });
		await start();
		for (const service of [registration("a", 9), registration("left", 9), registration("x", 1, "plain-id")]) {
			backend.entries.set(service.id, entryOf(service));
		}
		backend.entries.delete("host:b:80");
		await clock.advanceAsync(10_000);
		expect(entries()).toEqual(["host:a:80@8001", "host:b:80@8002", "plain-id@1"]);
	});

	test("a missed event is found by the next listing", async () => {
		const { docker, clock, start, entries } = setUp();
		docker.start("a");
		await start();
		docker.die("a", { silent: true });
		docker.start("b", { hostPort: 8002, silent: true });
		await clock.advanceAsync(10_000);
		expect(entries()).toEqual(["host:b:80@8002"]);
	});

	test("what was refused, and what could not be inspected, is tried again", async () => {
		const { docker, backend, clock, start, entries } = setUp();
		await start();
		backend.mode = "refusing";
		docker.start("a");
		await clock.advanceAsync(0);
		backend.mode = "up";
		docker.failing = "inspections";
		docker.start("b");
		await clock.advanceAsync(0);
		docker.failing = "nothing";
		expect(entries()).toEqual([]);
		await clock.advanceAsync(10_000);
		expect(entries()).toHaveLength(2);
	});

	test("on-success keeps what failed, over its own restart too", async () => {
		const first = setUp({ deregistration: "on-success" });
		first.docker.start("a");
		await first.start();
		first.docker.die("a", { exitCode: 1 });
		await first.clock.advanceAsync(20_000);
		expect(first.entries()).toHaveLength(1);
		const second = setUp({ deregistration: "on-success", docker: first.docker, backend: first.backend });
		first.end.abort();
		await second.start();
		await second.clock.advanceAsync(20_000);
		expect(first.entries()).toHaveLength(1);
	});
});

describe("draining and health", () => {
	test("a stop signal drains, other signals change nothing, and die removes", async () => {
		const { docker, backend, clock, start, entries } = setUp();
		docker.start("a");
		await start();
		docker.signal("a", 1);
		await clock.advanceAsync(0);
		expect(backend.drained.size).toBe(0);
		docker.signal("a", 15);
		await clock.advanceAsync(5_000);
		expect([...backend.drained]).toEqual(["host:a:80"]);
		docker.die("a");
		await clock.advanceAsync(0);
		expect(entries()).toEqual([]);
	});

	test("a container that ignores its stop signal comes back", async () => {
		// Docker's time, against which the drain is measured.
		const clock = new FakeClock(Date.UTC(2026, 10, 21, 15));
		const { docker, backend, start } = setUp({ clock });
		docker.start("a");
		await start();
		docker.signal("a", 15);
		await clock.advanceAsync(60_000);
		expect(backend.drained.size).toBe(1);
		await clock.advanceAsync(30_000);
		expect(backend.drained.size).toBe(0);
	});

	test("maintenance that a killed registrator left is ended", async () => {
		const { docker, backend, start } = setUp();
		docker.start("a");
		backend.entries.set("host:a:80", entryOf(registration("a", 8000)));
		backend.drained.add("host:a:80");
		await start();
		expect(backend.drained.size).toBe(0);
	});

	test("health follows the events, and missed ones by the next listing", async () => {
		const { docker, backend, clock, start } = setUp();
		docker.start("a", { health: "starting" });
		await start();
		docker.health("a", "healthy");
		await clock.advanceAsync(0);
		docker.health("a", "unhealthy", { silent: true });
		await clock.advanceAsync(10_000);
		docker.start("plain");
		await clock.advanceAsync(0);
		expect(backend.writes).toEqual([
			"+host:a:80@8000",
			"host:a:80 critical",
			"host:a:80 passing",
			"host:a:80 critical",
			"+host:plain:80@8000",
		]);
	});

	test("following only, neither is told", async () => {
		const { docker, backend, clock, start } = setUp(followOnly);
		docker.start("a", { health: "healthy" });
		await start();
		docker.signal("a", 15);
		docker.health("a", "unhealthy");
		await clock.advanceAsync(0);
		expect(backend.writes).toEqual(["+host:a:80@8000"]);
	});
});

describe("following only", () => {
	test("it ends when the stream ends", async () => {
		const { docker, clock, start, state } = setUp(followOnly);
		await start();
		docker.endStream();
		await clock.advanceAsync(0);
		expect(state.is).toBe("DOCKER_EVENTS_ENDED");
	});

	test("the registry is tried as often as asked for", async () => {
		const { backend, clock, start, state } = setUp({ ...followOnly, retry: { attempts: 3, intervalMs: 300 } });
		backend.mode = "away";
		await start();
		await clock.advanceAsync(899);
		expect(state.is).toBe("running");
		await clock.advanceAsync(1);
		expect(state.is).toBe("AGENT_UNREACHABLE");
	});

	test("a failed registration is tried again only by a resync", async () => {
		const { docker, backend, clock, start, entries } = setUp({ ...followOnly, resyncMs: 5_000 });
		await start();
		backend.mode = "away";
		docker.start("a");
		await clock.advanceAsync(4_999);
		backend.mode = "up";
		expect(entries()).toEqual([]);
		await clock.advanceAsync(1);
		expect(entries()).toHaveLength(1);
	});

	test("cleanup at start and at each resync", async () => {
		const { docker, backend, clock, start, entries } = setUp({ ...followOnly, resyncMs: 5_000, cleanup: true });
		const leave = (name: string) => backend.entries.set(`host:${name}:80`, entryOf(registration(name, 9)));
		leave("left");
		docker.start("a", { hostPort: 8001 });
		await start();
		await clock.advanceAsync(0);
		expect(entries()).toEqual(["host:a:80@8001"]);
		leave("again");
		await clock.advanceAsync(5_000);
		expect(entries()).toEqual(["host:a:80@8001"]);
	});

	test("nothing left behind is removed without it", async () => {
		const { backend, clock, start, entries } = setUp({ ...followOnly, resyncMs: 5_000 });
		backend.entries.set("host:left:80", entryOf(registration("left", 9)));
		await start();
		await clock.advanceAsync(20_000);
		expect(entries()).toEqual(["host:left:80@9"]);
	});

	test("a failing -tags template ends it", async () => {
		const fails = { render: () => Promise.reject(new Error("no such field")) };
		const { docker, start, state } = setUp({
			...followOnly,
			servicesOf: serviceSource(fails, { ...mapping, compat: true }),
		});
		docker.start("a");
		await start();
		expect(state.is).toBe("TAGS_FAILED");
	});
});

test("by default a failing -tags template is a warning", async () => {
	const fails = { render: () => Promise.reject(new Error("no such field")) };
	const { docker, start, entries } = setUp({ servicesOf: serviceSource(fails, mapping) });
	docker.start("a");
	await start();
	expect(entries()).toHaveLength(1);
});
