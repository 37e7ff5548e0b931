import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One program under measurement, in durable server mode on a loopback address of its own with the usual ports. */
export interface Agent {
	readonly name: "disco" | "consul";
	readonly host: string;
	readonly process: ChildProcess;
	close(): Promise<void>;
}

/** Where `scripts/test-tools.sh` puts the peers. */
export const toolsFolder = join(
	process.env["DISCO_TOOLS"] ?? join(process.env["HOME"] ?? "/root", ".cache/disco-tools"),
	"bin",
);

/** Starts a fresh agent and waits until it is its own leader and in its own catalog; fails after 30 s with the path of its log. */
export async function startAgent(name: Agent["name"], host: string): Promise<Agent> {
	const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
	const options = [
		"agent",
		"-server",
		"-data-dir",
		join(folder, "data"),
		"-bind",
		host,
		"-client",
		host,
		"-log-level",
		"error",
	];
	const consul = existsSync(join(toolsFolder, "consul")) ? join(toolsFolder, "consul") : "consul";
	const [program, args] =
		name === "disco"
			? [process.execPath, ["dist/disco.js", ...options, "-bootstrap"]]
			: [
					consul,
					[
						...options,
						"-bootstrap-expect=1",
						"-node",
						"bench",
						"-hcl",
						"performance { raft_multiplier = 1 } limits { http_max_conns_per_client = 10000 }",
					],
				];
	const log = openSync(join(folder, "log"), "w");
	const child = spawn(program, args, { stdio: ["ignore", log, log] });
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	child.once("error", () => undefined);
	const close = async () => {
		const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
		child.kill("SIGINT");
		if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await ended;
		clearTimeout(killer);
		rmSync(folder, { recursive: true, force: true });
	};
	const deadlineMs = performance.now() + 30_000;
	while (performance.now() < deadlineMs) {
		const answer = await exchange(host, "GET", "/v1/health/service/consul?passing").catch(() => undefined);
		if (answer?.status === 200 && answer.text.length > 10) return { name, host, process: child, close };
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	child.kill("SIGKILL");
	throw new Error(`${name} on ${host} was not ready within 30 s; its log is ${join(folder, "log")}`);
}

/** One HTTP exchange on a connection of its own. */
export function exchange(
	host: string,
	method: string,
	path: string,
	body?: string | Buffer,
	options: { readonly timeoutMs?: number } = {},
): Promise<{ readonly status: number; readonly text: string; readonly index: number }> {
	return new Promise((resolve, reject) => {
		const outgoing = request(
			{ host, port: 8500, method, path, agent: false, timeout: options.timeoutMs ?? 10_000 },
			(response) => {
				const chunks: Buffer[] = [];
				response.on("data", (chunk: Buffer) => chunks.push(chunk));
				response.on("error", reject);
				response.on("end", () =>
					resolve({
						status: response.statusCode ?? 0,
						text: Buffer.concat(chunks).toString(),
						index: Number(response.headers["x-consul-index"] ?? 0),
					}),
				);
			},
		);
		outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${path}: no answer in time`)));
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}
