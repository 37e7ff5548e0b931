import { hostname } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";
import { agents, countOf, curl, removeContainers, run, runMany, start } from "./registrator-world.ts";

// The registrator as it is by default (the replay covers `-compat`), against the real Consul and against disco, with a real
// engine: what the registry holds is what Docker runs, whatever happens to either of them or to the registrator.

const containersInBurst = 50;

describe.each(agents)("disco-registrator with $name", (agent) => {
	let registry: Background;
	let registrator: Background;
	const startRegistrator = () => {
		registrator = background(process.execPath, [
			"dist/disco-registrator.js",
			"-internal",
			`consul://${agent.address}:8500`,
		]);
	};
	const skipped = it.skipIf(!agent.available);

	beforeAll(async () => {
		if (!agent.available) return;
		await removeContainers();
		registry = await start(agent);
		startRegistrator();
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

	skipped("registers a container that starts and removes one that ends", async () => {
		await run(
			"rt-one",
			"--expose",
			"80",
			"-e",
			"SERVICE_TAGS=a,b",
			"-e",
			"SERVICE_REGION=eu",
			"-e",
			"SERVICE_CHECK_TTL=30s",
		);
		const [service] = await countOf(agent.address, 1);
		const address = (
			await succeed("docker", ["inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "rt-one"])
		).trim();
		expect(service).toMatchObject({
			ID: `${hostname()}:rt-one:80`,
			Service: "rt-api",
			Address: address,
			Port: 80,
			Tags: ["a", "b"],
			Meta: { region: "eu" },
		});
		expect(service?.Meta).not.toHaveProperty("check_ttl");
		await succeed("docker", ["kill", "rt-one"]);
		await countOf(agent.address, 0);
	});

	skipped(`loses nothing when ${containersInBurst} containers are killed at once`, async () => {
		const names = await runMany(containersInBurst);
		await countOf(agent.address, containersInBurst);
		await succeed("docker", ["kill", ...names]);
		await countOf(agent.address, 0);
	});

	skipped("brings everything back after the registry was away and forgot it", async () => {
		await run("rt-one", "--expose", "80");
		await countOf(agent.address, 1);
		await registry.stop("SIGKILL");
		await run("rt-two", "--expose", "80");
		await eventually("the registrator says that the registry is away", () =>
			registrator.output().includes("cannot be reached"),
		);
		registry = await start(agent);
		await countOf(agent.address, 2);
	});

	skipped("removes what ended while it was killed, and leaves what others registered", async () => {
		const others = { ID: "someone:else:80", Name: "rt-other", Port: 1 };
		await curl("-X", "PUT", "-d", JSON.stringify(others), `http://${agent.address}:8500/v1/agent/service/register`);
		await run("rt-one", "--expose", "80");
		await run("rt-two", "--expose", "80");
		await countOf(agent.address, 3);
		await registrator.stop("SIGKILL");
		await succeed("docker", ["kill", "rt-one"]);
		startRegistrator();
		const left = await countOf(agent.address, 2);
		expect(left.map(({ ID }) => ID).sort()).toEqual([`${hostname()}:rt-two:80`, "someone:else:80"].sort());
		await curl("-X", "PUT", `http://${agent.address}:8500/v1/agent/service/deregister/someone:else:80`);
	});

	skipped("ends with status 0 on a signal and leaves the services", async () => {
		await run("rt-one", "--expose", "80");
		await countOf(agent.address, 1);
		registrator.child.kill("SIGTERM");
		expect(await registrator.exited).toEqual({ code: 0, signal: null });
		await countOf(agent.address, 1);
		startRegistrator();
	});
});

describe("disco-registrator without what it needs", () => {
	it.each([
		[
			"no socket",
			["consul://127.0.0.1:1"],
			"unix:///nowhere/docker.sock",
			1,
			/^disco-registrator: cannot reach Docker at unix:\/\/\/nowhere\/docker.sock: no such socket; start Docker.*\n$/,
		],
		[
			"no registry",
			["-retry-attempts", "0", "consul://127.0.0.1:1"],
			undefined,
			1,
			/^disco-registrator: cannot reach the agent at http:\/\/127.0.0.1:1: connection refused.*\n$/,
		],
		[
			"an unknown registry",
			["nomad://127.0.0.1:1"],
			undefined,
			1,
			/^disco-registrator: unknown registry "nomad:\/\/" .*\n$/,
		],
		["a wrong option", ["-bogus", "consul://"], undefined, 2, /^disco-registrator: unknown option -bogus.*\n$/],
	])("%s: one line, and exit status", async (_, args, dockerHost, status, text) => {
		const env = dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost };
		const { exitCode, stderr } = await outcome(process.execPath, ["dist/disco-registrator.js", ...args], { env });
		expect(stderr).toMatch(text);
		expect(exitCode).toBe(status);
	});
});
