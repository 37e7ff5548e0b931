import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, outcome, succeed } from "../support/programs.ts";
import {
	answering,
	answeringExactly,
	compose,
	composeDown,
	curl,
	healthyCount,
	installComposePlugin,
} from "./compose-project.ts";

// The README's `docker compose up demo`, with a real engine and a real HAProxy, asked as a user would: curl and dig.

const dig = async (...args: string[]) =>
	(await succeed("dig", ["@127.0.0.1", "-p", "8600", "+short", "+time=2", "+tries=1", ...args]))
		.trim()
		.split("\n")
		.filter(Boolean);

describe("docker compose up demo", () => {
	let demoOutput = "";

	beforeAll(async () => {
		await installComposePlugin();
		demoOutput = await compose("up", "--no-build", "demo");
	});

	afterAll(async () => {
		await composeDown();
		const left = await succeed("docker", ["ps", "-aq", "--filter", "label=disco-test"]);
		for (const container of left.split("\n").filter(Boolean)) await outcome("docker", ["rm", "-f", container]);
	});

	it("ends with status 0 after a tour that names every part", async () => {
		const status = (await succeed("docker", ["inspect", "disco-demo-1", "--format", "{{.State.ExitCode}}"])).trim();
		expect(`${status}\n${demoOutput}`).toMatch(/^0\n/);
		for (const part of [
			"The registry",
			"DNS",
			"The load balancer",
			"The key-value store",
			"demo: everything was seen",
		]) {
			expect(demoOutput).toContain(part);
		}
	});

	it("answers in DNS, over UDP and TCP", async () => {
		const instances = await healthyCount(2);
		const addresses = instances.map(({ Service }) => Service.Address).sort();
		expect((await dig("api.service.consul")).sort()).toEqual(addresses);
		expect((await dig("+tcp", "api.service.consul")).sort()).toEqual(addresses);
		expect(await dig("api.service.consul", "SRV")).toHaveLength(2);
		expect(await dig("api.haproxy.service.consul")).toHaveLength(1);
	});

	it("serves both instances through HAProxy", async () => {
		expect((await answeringExactly(2)).size).toBe(2);
	});

	it("follows `docker compose up --scale api=4`", async () => {
		await compose("up", "--no-build", "-d", "--no-recreate", "--scale", "api=4", "api");
		await healthyCount(4);
		await answeringExactly(4);
	});

	it("follows `docker stop`, without a failed request", async () => {
		const stopping = succeed("docker", ["stop", "disco-api-1"]);
		const answers = await answering(40);
		await stopping;
		expect(answers.size).toBeGreaterThanOrEqual(3);
		await healthyCount(3);
		await answeringExactly(3);
	});

	it("serves a container started by hand: docker run -e SERVICE_5000_NAME=api IMAGE", async () => {
		const container = (
			await succeed("docker", ["run", "-d", "--label", "disco-test", "-e", "SERVICE_5000_NAME=api", "disco-demo-api"])
		).trim();
		await healthyCount(4);
		await eventually("the container answers through HAProxy", async () =>
			(await answering(8)).has(container.slice(0, 12)),
		);
		await succeed("docker", ["rm", "-f", container]);
		await healthyCount(3);
	});

	it("routes another service that appears, and no more when it has gone", async () => {
		const web = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: web.localhost", "http://127.0.0.1:8080/"];
		expect(await curl(...web)).toBe("404");
		const container = (
			await succeed("docker", ["run", "-d", "--label", "disco-test", "-e", "SERVICE_5000_NAME=web", "disco-demo-api"])
		).trim();
		await eventually("web answers through HAProxy", async () => (await curl(...web)) === "200");
		await eventually("it has a name", async () => (await dig("web.haproxy.service.consul")).length === 1);
		await succeed("docker", ["rm", "-f", container]);
		await eventually("web is unknown again", async () => (await curl(...web)) === "404");
		await answeringExactly(3);
	});

	it("publishes on loopback only", async () => {
		const ports = await succeed("docker", ["ps", "--format", "{{.Ports}}"]);
		const published = [...ports.matchAll(/(\S+):\d+->/g)].map((match) => match[1]);
		expect(published.length).toBeGreaterThanOrEqual(4);
		expect(new Set(published)).toEqual(new Set(["127.0.0.1"]));
	});
});
