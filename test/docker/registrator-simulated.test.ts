import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DockerApi, startDockerApi } from "../support/docker-api.ts";
import { type Background, background, eventually } from "../support/programs.ts";
import { agents, start } from "./registrator-world.ts";

// 500 containers at once: more than the test's engine can run, so Docker's API is simulated. The agents are real.

const count = 500;
const memoryMbMax = 80;

describe.each(agents)("disco-registrator with $name and a simulated Docker", (agent) => {
	const skipped = it.skipIf(!agent.available);
	let folder: string;
	let docker: DockerApi;
	let registry: Background;
	let registrator: Background;
	const ports = async () => {
		const answer = await fetch(`http://${agent.address}:8500/v1/agent/services`);
		const services = (await answer.json()) as Record<string, { readonly Port: number }>;
		return Object.values(services)
			.map(({ Port }) => Port)
			.sort((a, b) => a - b);
	};
	const exactly = (wanted: readonly number[]) =>
		eventually(
			`${wanted.length} services`,
			async () => {
				expect(await ports()).toEqual(wanted);
				return true;
			},
			60_000,
		);
	const portsFrom = (first: number) => Array.from({ length: count }, (_, index) => first + index);

	beforeAll(async () => {
		if (!agent.available) return;
		folder = await mkdtemp(join(tmpdir(), "disco-simulated-"));
		docker = await startDockerApi(join(folder, "docker.sock"));
		registry = await start(agent);
		registrator = background(
			process.execPath,
			["dist/disco-registrator.js", "-ip", "10.9.8.7", `consul://${agent.address}:8500`],
			{ env: { DOCKER_HOST: docker.address } },
		);
	});
	afterAll(async () => {
		await registrator?.stop();
		await registry?.stop("SIGKILL");
		await docker?.close();
		if (folder !== undefined) await rm(folder, { recursive: true });
	});

	skipped(`${count} start, end and start elsewhere while the connection breaks, and end`, async () => {
		const names = Array.from({ length: count }, (_, index) => `sim-${index}`);
		for (const [index, name] of names.entries()) docker.start(name, 10_000 + index);
		await exactly(portsFrom(10_000));
		for (const [index, name] of names.entries()) {
			docker.die(name);
			docker.start(name, 30_000 + index);
			if (index === count / 2) docker.restart();
		}
		await exactly(portsFrom(30_000));
		for (const name of names) docker.die(name);
		await exactly([]);
		const status = await readFile(`/proc/${registrator.child.pid}/status`, "utf8");
		expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024).toBeLessThan(memoryMbMax);
	});
});
