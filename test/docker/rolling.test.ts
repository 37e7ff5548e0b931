import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startLoad } from "../support/load.ts";
import { background, eventually, outcome, succeed } from "../support/programs.ts";
import {
	answering,
	answeringExactly,
	apiHost,
	compose,
	composeDown,
	composeEnvironment,
	curl,
	healthy,
	installComposePlugin,
} from "./compose-project.ts";

// Containers of the demo are replaced, drained and killed while it is used: stop signal -> registrator -> catalog -> balancer ->
// the container ends when what runs is done -> it leaves the catalog.

const long = process.env["DISCO_LONG"] === "1";
/** Each pass replaces the two containers of `api`. */
const passes = long ? 50 : 3;
const requestsPerSecond = 300;

const site = "127.0.0.1:8080";
const through = (path: string) => ["-sS", "-H", `Host: ${apiHost}`, `http://${site}${path}`];
const containers = async () => (await compose("ps", "--format", "{{.Name}}", "api")).trim().split("\n").filter(Boolean);
const hostOf = async (container: string) =>
	(await succeed("docker", ["inspect", "-f", "{{.Config.Hostname}}", container])).trim();
const catalogHas = async (container: string) =>
	(await curl("http://127.0.0.1:8500/v1/catalog/service/api")).includes(`:${container}:`);
const drains = async () => (await compose("logs", "registrator")).match(/ drains=/g)?.length ?? 0;
const workersStarted = async () => (await compose("logs", "haproxy")).match(/New worker \(\d+\) forked/g)?.length ?? 0;
const rolling = (environment: Readonly<Record<string, string>> = {}) =>
	outcome("sh", ["examples/rolling/rolling.sh", "api"], {
		env: { ...composeEnvironment, ...environment },
		timeoutMs: 180_000,
	});

/** A download of some seconds through HAProxy that has begun, and the container that serves it. */
async function beginDownload(seconds: number) {
	const download = background("curl", ["-N", "-f", "--max-time", "60", ...through(`/slow?seconds=${seconds}`)]);
	const host = await eventually("the download begins", () => /^(\S+) 1\//.exec(download.output())?.[1]);
	for (const container of await containers()) if ((await hostOf(container)) === host) return { download, container };
	throw new Error(`no container has the name ${host}`);
}

describe("containers of the demo under load", () => {
	beforeAll(async () => {
		await installComposePlugin();
		await compose("up", "--no-build", "-d", "api", "haproxy");
	});
	// Also what a test that failed left stopped.
	beforeEach(async () => {
		if ((await containers()).length < 2) await compose("up", "--no-build", "-d", "--no-recreate", "api");
		await answeringExactly(2);
	});
	afterAll(async () => {
		await outcome("docker", ["rm", "-f", "disco-gated"]);
		await composeDown();
	});

	it(
		`${2 * passes} containers are replaced by examples/rolling: no request fails`,
		async () => {
			const first = await containers();
			const workersBefore = await workersStarted();
			const load = startLoad({ address: site, host: apiHost, requestsPerSecond });
			for (let pass = 0; pass < passes; pass++) {
				const { exitCode, stdout, stderr } = await rolling();
				expect(exitCode, stdout + stderr).toBe(0);
				expect(stdout.match(/is replaced by/g)).toHaveLength(2);
			}
			const report = await load.stop();
			console.log(`${2 * passes} containers replaced:`, JSON.stringify(report));
			expect(report).toMatchObject({ failed: 0, failures: {} });
			expect(report.instances).toBe(2 + 2 * passes);
			// Everything went through HAProxy's Runtime API: no reload.
			expect(await workersStarted()).toBe(workersBefore);
			const last = await containers();
			expect(last).toHaveLength(2);
			expect(first.filter((name) => last.includes(name))).toEqual([]);
		},
		long ? 1_800_000 : 300_000,
	);

	it("a long download survives its server's drain, which gets no new request meanwhile", async () => {
		const { download, container } = await beginDownload(6);
		const stopped = succeed("docker", ["stop", "-t", "30", container]);
		await eventually("readers see it leave", async () => (await healthy()).length === 1);
		// It is known until it has ended, and others answer.
		expect(await catalogHas(container)).toBe(true);
		const others = await answeringExactly(1);
		expect(others).not.toContain(await hostOf(container));
		expect(await download.exited).toMatchObject({ code: 0 });
		expect(download.output()).toMatch(/ 60\/60\n$/);
		await stopped;
		await eventually("it leaves the catalog", async () => !(await catalogHas(container)));
		await succeed("docker", ["start", container]);
	});

	it("docker kill -s KILL leaves no time to drain: what runs breaks off, others answer", async () => {
		const { download, container } = await beginDownload(20);
		const drainsBefore = await drains();
		await succeed("docker", ["kill", "-s", "KILL", container]);
		expect((await download.exited).code).not.toBe(0);
		expect(download.output()).not.toContain("200/200");
		await eventually("it leaves the catalog", async () => !(await catalogHas(container)));
		expect(await drains()).toBe(drainsBefore);
		// Not even one that meets the killed container's address fails: HAProxy asks another.
		await answeringExactly(1);
		await succeed("docker", ["start", container]);
	});

	it("HEALTHCHECK: nobody is sent to a container that is starting", async () => {
		const health = ["--health-cmd", "cat /tmp/ready", "--health-interval", "500ms", "--health-retries", "100"];
		const options = ["-d", "--name", "disco-gated", "-e", "SERVICE_5000_NAME=api", ...health];
		const host = (await succeed("docker", ["run", ...options, "disco-demo-api"])).trim().slice(0, 12);
		await eventually("it is known", () => catalogHas("disco-gated"));
		expect(await answering(10)).not.toContain(host);
		await succeed("docker", ["exec", "disco-gated", "touch", "/tmp/ready"]);
		await eventually("it answers", async () => (await answering(6)).has(host));
		await succeed("docker", ["stop", "disco-gated"]);
		await succeed("docker", ["rm", "disco-gated"]);
	});

	it("one that does not become healthy is taken back, and those before it go on", async () => {
		const before = await containers();
		// Another image than that of the running containers, as a faulty release is.
		const { exitCode, stderr } = await rolling({ DISCO_API_IMAGE: "busybox:static", PATIENCE: "3" });
		expect(stderr).toMatch(/was not healthy within 3 s and is removed; what ran before goes on/);
		expect(exitCode).toBe(1);
		expect(await containers()).toEqual(before);
		await answeringExactly(2);
	});
});
