import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";

/** Examples that need an engine: run as their pages say, with images made without a registry. */
const web = {
	WEB_IMAGE: "busybox:static",
	WEB_COMMAND: "httpd -f -p 80 -h /tmp",
	CLIENT_IMAGE: "busybox:static",
};
const socket = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");

describe("examples with containers", () => {
	const running: Background[] = [];
	const folder = mkdtempSync(join(tmpdir(), "disco-examples-"));
	const env = { DOCKER_SOCK: socket, DOCKER_CONFIG: folder };
	const compose = (...args: string[]) =>
		succeed("docker", ["compose", "--ansi", "never", "-f", "examples/kubernetes/compose.yaml", ...args], {
			env,
			timeoutMs: 120_000,
		});
	let bridge = "";

	beforeAll(async () => {
		mkdirSync(join(folder, "cli-plugins"));
		const plugin = (await succeed("sh", ["-c", "command -v docker-compose"])).trim();
		symlinkSync(plugin, join(folder, "cli-plugins", "docker-compose"));
		const interfaces = await succeed("ip", ["-4", "-o", "addr", "show", "docker0"]);
		bridge = /inet ([\d.]+)/.exec(interfaces)?.[1] ?? "";
		expect(bridge).not.toBe("");
		const program = (name: string, ...args: string[]) =>
			running.push(background(process.execPath, [`dist/${name}.js`, ...args]));
		program("disco", "agent", "-dev", "-log-level=warn", `-client=${bridge}`, "-dns-port=53");
		await eventually("the agent", async () => (await services()) !== undefined);
		program("disco-registrator", "-internal", `consul://${bridge}:8500`);
	});
	afterAll(async () => {
		await outcome("docker", ["compose", "-f", "examples/kubernetes/compose.yaml", "down", "-t", "1"], { env });
		await Promise.all(running.map((one) => one.stop("SIGKILL")));
		rmSync(folder, { recursive: true, force: true });
	});

	const services = async () => {
		const answer = await fetch(`http://${bridge}:8500/v1/catalog/services`);
		return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
	};

	it("docker-dns: Docker's alias names who hangs, disco does not", async () => {
		const output = await succeed("sh", ["examples/docker-dns/run.sh"], {
			env: { BRIDGE: bridge, ...web },
			timeoutMs: 180_000,
		});
		const parts = output.split(/\n\d\. .*\n|nginxnet:\n/);
		const counts = parts.map((part) => part.split("\n").filter((line) => /^[\d.]{7,}$/.test(line)).length);
		expect(counts).toEqual([0, 2, 2, 0, 1, 2, 2]);
		expect(output.match(/^1 1 80 [0-9a-f]{8}\.addr\.dc1\.consul\.$/gm)).toHaveLength(2);
	});

	it("kubernetes: a container that is not alive is ended and begun anew; the count stays", async () => {
		await compose("up", "-d", "--no-build");
		const inspect = async (format: string) =>
			(await succeed("docker", ["inspect", "pods-pod-1", "--format", format])).trim();
		const healthy = async () => {
			const answer = await fetch(`http://${bridge}:8500/v1/health/service/pod?passing`);
			return ((await answer.json()) as unknown[]).length;
		};
		await eventually("two healthy pods", async () => (await healthy()) === 2, 60_000);
		const before = Number(await inspect("{{.RestartCount}}"));
		await succeed("docker", ["exec", "pods-pod-1", "touch", "/tmp/sick"]);
		await eventually("a new beginning", async () => Number(await inspect("{{.RestartCount}}")) > before, 60_000);
		await eventually("it is healthy", async () => (await inspect("{{.State.Health.Status}}")) === "healthy", 60_000);
		await eventually("two healthy pods", async () => (await healthy()) === 2, 60_000);
	});
});
