import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange } from "./agents.ts";
import { insidePrivateEngine, isInsideEngine } from "./private-engine.ts";
import { formatSpread, spread } from "./statistics.ts";

const steps = [
	["docker start -> Docker's start event", "event"],
	["start event -> in the catalog", "catalog"],
	["in the catalog -> check passing", "passing"],
	["passing -> haproxy.cfg replaced", "rendered"],
] as const;
type Step = (typeof steps)[number][1];

/**
 * `docker start` of the demo's service until disco-template has replaced haproxy.cfg, step by step. The check (HTTP, 2 s) must
 * have passed before the instance is listed, so the program in the container has to be up, which is most of the time.
 */
export async function dockerPath(rounds: number): Promise<void> {
	if (!isInsideEngine()) {
		const images = ["scripts/docker-images.sh", "scripts/image.sh"];
		return insidePrivateEngine(41, images, ["bench/main.ts", "docker-path"]);
	}
	const folder = mkdtempSync(join(tmpdir(), "bench-path-"));
	const children: ChildProcess[] = [];
	const start = (program: string, args: readonly string[]) => {
		const child = spawn(process.execPath, [`dist/${program}.js`, ...args], { stdio: ["ignore", "ignore", "inherit"] });
		children.push(child);
		return child;
	};
	const config = join(folder, "haproxy.cfg");
	try {
		start("disco", [
			"agent",
			"-server",
			"-bootstrap",
			"-data-dir",
			join(folder, "data"),
			"-bind",
			"127.0.0.1",
			"-client",
			"127.0.0.1",
			"-log-level",
			"error",
		]);
		await until(
			"the agent",
			async () => (await exchange("127.0.0.1", "GET", "/v1/status/leader").catch(() => undefined))?.status === 200,
		);
		start("disco-registrator", ["-internal", "consul://127.0.0.1:8500"]);
		start("disco-template", [
			"-consul-addr",
			"127.0.0.1:8500",
			"-template",
			`examples/haproxy/haproxy.ctmpl:${config}`,
		]);
		await until("haproxy.cfg", () => existsSync(config));
		const container = execFileSync(
			"docker",
			[
				"create",
				"-e",
				"SERVICE_5000_NAME=api",
				"-e",
				"SERVICE_5000_CHECK_HTTP=/health",
				"-e",
				"SERVICE_5000_CHECK_INTERVAL=2s",
				"--name",
				"path",
				"disco-demo-api",
			],
			{ encoding: "utf8" },
		).trim();
		const elapsed: Record<Step | "total", number[]> = { event: [], catalog: [], passing: [], rendered: [], total: [] };
		for (let round = 0; round < rounds; round++) {
			const timesMs = await oneStart(container, config);
			let previousMs = timesMs.issued;
			for (const [, step] of steps) {
				elapsed[step].push(timesMs[step] - previousMs);
				previousMs = timesMs[step];
			}
			elapsed.total.push(timesMs.rendered - timesMs.issued);
			execFileSync("docker", ["stop", "-t", "2", container], { stdio: "ignore" });
			await until("the service to leave the file", () => !readFileSync(config, "utf8").includes("api_backend"));
		}
		console.log(`\ndocker start -> haproxy.cfg, ${rounds} rounds, ms: median (least-greatest)`);
		for (const [label, step] of steps) console.log(`  ${label.padEnd(40)}${formatSpread(spread(elapsed[step]))}`);
		console.log(`  ${"in all".padEnd(40)}${formatSpread(spread(elapsed.total))}`);
	} finally {
		for (const child of children.reverse()) child.kill("SIGTERM");
		execFileSync("docker", ["rm", "-f", "path"], { stdio: "ignore" });
		await Promise.all(
			children.map((child) => child.exitCode ?? new Promise((resolve) => child.once("close", resolve))),
		);
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Starts the container and notes when each step was seen, on one clock. */
async function oneStart(container: string, config: string): Promise<Record<Step | "issued", number>> {
	const events = spawn("docker", ["events", "--filter", "event=start", "--format", "{{.ID}}"], {
		stdio: ["ignore", "pipe", "ignore"],
	});
	try {
		const event = new Promise<number>((resolve) => events.stdout.once("data", () => resolve(performance.now())));
		const rendered = new Promise<number>((resolve) => {
			const watcher = watch(join(config, ".."), () => {
				if (!existsSync(config) || !/^\s*server /m.test(readFileSync(config, "utf8"))) return;
				watcher.close();
				resolve(performance.now());
			});
		});
		const catalog = seen("/v1/catalog/service/api");
		const passing = seen("/v1/health/service/api?passing");
		// The event stream and the blocking queries must be waiting before the container starts.
		await new Promise((resolve) => setTimeout(resolve, 500));
		const issued = performance.now();
		const started = new Promise((resolve) =>
			spawn("docker", ["start", container], { stdio: "ignore" }).once("close", resolve),
		);
		const times = {
			issued,
			event: await event,
			catalog: await catalog,
			passing: await passing,
			rendered: await rendered,
		};
		await started;
		return times;
	} finally {
		events.kill();
	}
}

/** The moment when a blocking query on `path` first answers with an element. */
async function seen(path: string): Promise<number> {
	let index = 0;
	for (;;) {
		const answer = await exchange(
			"127.0.0.1",
			"GET",
			`${path}${path.includes("?") ? "&" : "?"}index=${index}&wait=60s`,
			undefined,
			{ timeoutMs: 90_000 },
		);
		if (answer.text.length > 4) return performance.now();
		index = answer.index;
	}
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
	const deadlineMs = performance.now() + 30_000;
	while (!(await holds())) {
		if (performance.now() > deadlineMs) throw new Error(`waited 30 s for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
