import { hostname } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";
import { agents, countOf, curl, removeContainers, run, start } from "./registrator-world.ts";

// Whether a service that stands may be used: draining (decision 14) and Docker's HEALTHCHECK, seen by what asks the registry.

interface Check {
	readonly CheckID: string;
	readonly Status: string;
	readonly Notes: string;
	readonly Output: string;
}

const id = `${hostname()}:rt-one:80`;
/** Runs on whatever it is told, so that there is time to look. */
const deaf = ["--expose", "80", "--stop-signal", "SIGQUIT"];

describe.each(agents)("disco-registrator with $name", (agent) => {
	let registry: Background;
	let registrator: Background;
	const skipped = it.skipIf(!agent.available);
	const checks = async () =>
		JSON.parse(await curl(`http://${agent.address}:8500/v1/agent/checks`)) as Readonly<Record<string, Check>>;
	const maintenance = async () => (await checks())[`_service_maintenance:${id}`];
	const passing = async () =>
		(JSON.parse(await curl(`http://${agent.address}:8500/v1/health/service/rt-api?passing`)) as unknown[]).length;

	beforeAll(async () => {
		if (!agent.available) return;
		await removeContainers();
		registry = await start(agent);
		registrator = background(process.execPath, [
			"dist/disco-registrator.js",
			"-internal",
			"-drain",
			"20s",
			`consul://${agent.address}:8500`,
		]);
	});
	afterEach(async () => {
		if (!agent.available) return;
		await removeContainers();
		await countOf(agent.address, 0);
	});
	afterAll(async () => {
		await registrator?.stop();
		await registry?.stop("SIGKILL");
	});

	skipped("docker stop: in maintenance until it ends, then gone with its check", async () => {
		await run("rt-one", ...deaf);
		await countOf(agent.address, 1);
		await eventually("it passes", async () => (await passing()) === 1);
		const before = Date.now();
		const stopped = outcome("docker", ["stop", "-t", "4", "rt-one"]);
		const check = await eventually("maintenance", maintenance, 3_000);
		expect(check).toMatchObject({ Status: "critical" });
		const until = /^draining until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/.exec(check.Notes)?.[1] ?? "";
		expect(Date.parse(until)).toBeGreaterThanOrEqual(before + 20_000);
		await eventually("readers see it leave", async () => (await passing()) === 0);
		expect((await countOf(agent.address, 1))[0]?.ID).toBe(id);
		await stopped;
		await countOf(agent.address, 0);
		expect(await maintenance()).toBeUndefined();
	});

	skipped("signals that do not stop it change nothing; docker kill cannot drain", async () => {
		const before = registrator.output().length;
		await run("rt-one", ...deaf);
		await countOf(agent.address, 1);
		await succeed("docker", ["kill", "-s", "HUP", "rt-one"]);
		await succeed("docker", ["kill", "-s", "TERM", "rt-one"]);
		// When what came later is there, the signals have been taken in too.
		await run("rt-two", "--expose", "80");
		await countOf(agent.address, 2);
		expect(await maintenance()).toBeUndefined();
		await succeed("docker", ["kill", "rt-one"]);
		await countOf(agent.address, 1);
		expect(registrator.output().slice(before)).not.toContain("drains");
	});

	skipped("a restart ends the draining", async () => {
		await run("rt-one", ...deaf);
		await countOf(agent.address, 1);
		await succeed("docker", ["kill", "-s", "QUIT", "rt-one"]);
		await eventually("maintenance", maintenance);
		await succeed("docker", ["restart", "-t", "0", "rt-one"]);
		await eventually("it passes again", async () => (await passing()) === 1);
		expect(await maintenance()).toBeUndefined();
	});

	skipped("a HEALTHCHECK is followed by a check of its own", async () => {
		const healthCheck = ["--health-cmd", "cat /tmp/state", "--health-interval", "500ms", "--health-retries", "1"];
		await run("rt-one", "--expose", "80", ...healthCheck);
		await countOf(agent.address, 1);
		const follows = (status: string) =>
			eventually(`the check is ${status}`, async () => {
				const check = (await checks())[`docker:${id}`];
				return check?.Status === status && check;
			});
		expect((await follows("critical")).Output).toMatch(/^(starting|unhealthy)/);
		await succeed("docker", ["exec", "rt-one", "sh", "-c", "echo fine > /tmp/state"]);
		expect((await follows("passing")).Output).toBe("healthy: fine");
		expect(await passing()).toBe(1);
		await succeed("docker", ["exec", "rt-one", "rm", "/tmp/state"]);
		expect((await follows("critical")).Output).toMatch(/^unhealthy: .*No such file/);
		expect(await passing()).toBe(0);
	});

	skipped("SERVICE_CHECK_DOCKER=off: no such check", async () => {
		await run("rt-one", "--expose", "80", "--health-cmd", "false", "-e", "SERVICE_CHECK_DOCKER=off");
		await countOf(agent.address, 1);
		expect(await checks()).toEqual({});
	});
});
