import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";
import { agents, countOf, curl, removeContainers, run, start } from "./registrator-world.ts";

// Asking and mending once, the status pages, and containers in several networks, one of them with IPv6.

const network = "rt-front";
const id = `${hostname()}:rt-one:80`;

describe.each(agents)("disco-registrator with $name", (agent) => {
	const skipped = it.skipIf(!agent.available);
	const uri = `consul://${agent.address}:8500`;
	const registrator = (...args: string[]) =>
		outcome(process.execPath, ["dist/disco-registrator.js", ...args, "-network", network, uri]);
	let registry: Background;
	let address: string;

	beforeAll(async () => {
		if (!agent.available) return;
		await removeContainers();
		await outcome("docker", ["network", "rm", network]);
		await succeed("docker", [
			...["network", "create", "--ipv6", "--subnet", "172.29.44.0/24", "--subnet", "fd00:44::/64", network],
		]);
		registry = await start(agent);
		await run("rt-one", "--expose", "80");
		await succeed("docker", ["network", "connect", network, "rt-one"]);
		const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
		address = (await succeed("docker", ["inspect", "-f", format, "rt-one"])).trim();
	});
	afterAll(async () => {
		await registry?.stop("SIGKILL");
		if (!agent.available) return;
		await removeContainers();
		await succeed("docker", ["network", "rm", network]);
	});

	skipped("diff, -dry, -once, and then nothing differs", async () => {
		const missing = { exitCode: 3, stdout: `+ ${id} rt-api ${address}:80\n`, stderr: "" };
		expect(await registrator("diff")).toEqual(missing);
		const dry = await registrator("-dry", "-once");
		expect(dry.stderr).toContain(`would be registered: id=${id} `);
		expect(await registrator("diff")).toEqual(missing);
		expect((await registrator("-once")).exitCode).toBe(0);
		expect(await registrator("diff")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
		const [service] = await countOf(agent.address, 1);
		expect(service).toMatchObject({
			Address: address,
			Port: 80,
			TaggedAddresses: { lan_ipv6: { Address: expect.stringMatching(/^fd00:44::/), Port: 80 } },
		});
	});

	skipped("status pages", async () => {
		const pages = `${agent.address}:9099`;
		const started = background(process.execPath, [
			"dist/disco-registrator.js",
			"-http",
			pages,
			"-network",
			network,
			uri,
		]);
		try {
			await eventually("ready", async () => (await curl(`http://${pages}/ready`)) === "ready\n");
			const standing = { id, name: "rt-api", address, port: 80, state: "registered" };
			await eventually("it stands", async () => {
				const { services } = JSON.parse(await curl(`http://${pages}/state`)) as { services: unknown[] };
				expect(services).toEqual([standing]);
				return true;
			});
			expect(await curl(`http://${pages}/metrics`)).toContain("\ndisco_registrator_services_pending 0\n");
			await registry.stop("SIGKILL");
			await eventually("not ready", async () => {
				const answer = await outcome("curl", ["-s", "-w", "%{http_code}", `http://${pages}/ready`]);
				return answer.stdout === "the registry cannot be reached\n503";
			});
			expect(await curl(`http://${pages}/health`)).toBe("ok\n");
		} finally {
			await started.stop();
		}
	});
});
