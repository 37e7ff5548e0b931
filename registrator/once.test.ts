import { describe, expect, test } from "vitest";
import { FakeClock } from "../lib/env/fake.ts";
import { silentLogger } from "../lib/log/index.ts";
import { dryBackend } from "./backends/dry.ts";
import { difference, runOnce } from "./once.ts";
import { serviceSource } from "./service-source.ts";
import { createStatus } from "./status.ts";
import type { SyncOptions } from "./sync.ts";
import { fakeBackend } from "./testing/fake-backend.ts";
import { fakeDocker } from "./testing/fake-docker.ts";
import { plainMapping as mapping } from "./testing/mapping.ts";
import { entryOf, registration } from "./testing/registrations.ts";

const { signal } = new AbortController();

function setUp() {
	const docker = fakeDocker();
	const backend = fakeBackend();
	const options: SyncOptions = {
		docker,
		backend,
		clock: new FakeClock(),
		logger: silentLogger,
		servicesOf: serviceSource({ render: async () => "x" }, mapping),
		owner: "host",
		deregistration: "always",
		resyncMs: 0,
		refreshMs: 0,
		reconcileMs: 10_000,
		cleanup: false,
		retry: { attempts: 0, intervalMs: 1 },
		status: createStatus(),
		waitsForDocker: false,
		dry: false,
	};
	// One that stands as it should be is told by the fake's fingerprint, the port.
	docker.start("same", { hostPort: 8001 });
	docker.start("moved", { hostPort: 8002 });
	docker.start("new", { hostPort: 8003 });
	docker.start("ended");
	docker.die("ended");
	for (const [name, port] of Object.entries({ same: 8001, moved: 9, left: 9 })) {
		backend.entries.set(`host:${name}:80`, entryOf(registration(name, port)));
	}
	backend.entries.set("plain-id", entryOf(registration("x", 1, "plain-id")));
	const entries = () => [...backend.entries.values()].map(({ id, fingerprint }) => `${id}@${fingerprint}`).sort();
	return { docker, backend, options, entries };
}

const asDocker = ["host:moved:80@8002", "host:new:80@8003", "host:same:80@8001", "plain-id@1"];

describe("diff", () => {
	test("tells what is missing, left over and changed, and writes nothing", async () => {
		const { backend, options } = setUp();
		expect(await difference(options, signal)).toEqual({
			lines: [
				"- host:left:80 api",
				"~ host:moved:80 foobar 192.0.2.1:8002 [x]",
				"+ host:new:80 foobar 192.0.2.1:8003 [x]",
			],
			undecided: 0,
		});
		expect(backend.writes).toEqual([]);
	});

	test("tells nothing after -once", async () => {
		const { options } = setUp();
		await runOnce(options, signal);
		expect(await difference(options, signal)).toEqual({ lines: [], undecided: 0 });
	});

	test("says of how many containers it cannot say anything", async () => {
		const { docker, options } = setUp();
		docker.failing = "inspections";
		expect((await difference(options, signal)).undecided).toBe(3);
	});

	test.each(["docker", "backend"] as const)("fails when the %s is away", async (which) => {
		const { docker, backend, options } = setUp();
		if (which === "docker") docker.failing = "everything";
		else backend.mode = "away";
		await expect(difference(options, signal)).rejects.toThrow(/cannot reach/);
	});
});

describe("-once", () => {
	test("makes the registry equal to Docker", async () => {
		const { options, entries } = setUp();
		expect(await runOnce(options, signal)).toBe(0);
		expect(entries()).toEqual(asDocker);
	});

	test("tells how many writes failed", async () => {
		const { backend, options } = setUp();
		backend.mode = "refusing";
		expect(await runOnce(options, signal)).toBe(4);
	});

	test("removes nothing of a container that it could not ask about", async () => {
		const { docker, options, entries } = setUp();
		const before = entries();
		docker.failing = "inspections";
		expect(await runOnce(options, signal)).toBe(3);
		expect(entries()).toEqual(before.filter((entry) => !entry.startsWith("host:left:")));
	});
});

describe("-dry", () => {
	test("writes nothing, and lists as if it had", async () => {
		const { backend, options } = setUp();
		const dry = dryBackend(backend);
		expect(await runOnce({ ...options, backend: dry, dry: true }, signal)).toBe(0);
		expect(backend.writes).toEqual([]);
		expect((await dry.list()).map(({ id, fingerprint }) => `${id}@${fingerprint}`).sort()).toEqual(asDocker);
	});
});
