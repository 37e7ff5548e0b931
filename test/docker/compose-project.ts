import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, outcome, succeed } from "../support/programs.ts";

const socket = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");
const folder = mkdtempSync(join(tmpdir(), "disco-compose-"));

/** For programs that call `docker compose` on this project's compose.yaml, with the test's engine. */
export const composeEnvironment = { DOCKER_SOCK: socket, DOCKER_CONFIG: folder, DEMO_ONCE: "1" };

/** Makes `docker compose` known to `docker`; to be called once before anything else. */
export async function installComposePlugin(): Promise<void> {
	mkdirSync(join(folder, "cli-plugins"));
	const plugin = (await succeed("sh", ["-c", "command -v docker-compose"])).trim();
	symlinkSync(plugin, join(folder, "cli-plugins", "docker-compose"));
}

/** `docker compose` with these words; what it prints. */
export const compose = (...words: string[]) =>
	succeed("docker", ["compose", "--ansi", "never", ...words], { env: composeEnvironment, timeoutMs: 180_000 });

/** Ends and removes all containers of the project, whatever state they are in. */
export const composeDown = () =>
	outcome("docker", ["compose", "--ansi", "never", "down", "-v", "-t", "2", "--remove-orphans"], {
		env: composeEnvironment,
		timeoutMs: 120_000,
	});

export const curl = (...args: string[]) => succeed("curl", ["-sS", "--max-time", "5", ...args]);

/** An instance as `/v1/health/service/NAME` shows it. */
export interface Instance {
	readonly Service: { readonly ID: string; readonly Address: string; readonly Port: number };
}

/** Instances of the demo's `api` whose checks pass. */
export const healthy = async () =>
	JSON.parse(await curl("http://127.0.0.1:8500/v1/health/service/api?passing")) as Instance[];

export const healthyCount = (count: number) =>
	eventually(
		`${count} healthy instances of api`,
		async () => {
			const instances = await healthy();
			return instances.length === count && instances;
		},
		60_000,
	);

/** The `Host` that the demo's HAProxy sends to `api`. */
export const apiHost = "api.haproxy.service.consul";

/** Who answers through HAProxy in `requests` requests. */
export async function answering(requests: number): Promise<Set<string>> {
	const seen = new Set<string>();
	for (let turn = 0; turn < requests; turn++) {
		const answer = await curl("-f", "-H", `Host: ${apiHost}`, "http://127.0.0.1:8080/");
		seen.add((JSON.parse(answer) as { instance: string }).instance);
	}
	return seen;
}

export const answeringExactly = (count: number) =>
	eventually(`${count} instances answer through HAProxy`, async () => {
		const seen = await answering(2 * count);
		return seen.size === count && seen;
	});
