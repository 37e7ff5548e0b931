/**
 * disco-registrator with disco and with the real Consul, on a private Docker engine: from Docker's events to the catalog and to
 * DNS, bursts, and memory. The engine's own time is told apart. 50 containers are real; 500 are a simulated Docker API.
 *
 *   node --import tsx bench/registrator.ts [ROUNDS]
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startDockerApi } from "../test/support/docker-api.ts";
import { type Agent, exchange, startAgent } from "./agents.ts";
import { insidePrivateEngine, isInsideEngine } from "./private-engine.ts";
import { formatSpread, spread } from "./statistics.ts";

const rounds = Number(process.argv[2] ?? 15);
const host = "127.0.0.1";
const docker = async (...args: string[]) => (await promisify(execFile)("docker", args)).stdout.trim();
const print = (line: string) => process.stdout.write(`${line}\n`);

async function measure(name: Agent["name"]): Promise<void> {
	const agent = await startAgent(name, host);
	try {
		print(`registry ${name}; ms, median (least-greatest)`);
		await withRegistrator({}, ["-internal"], async () => {
			await oneContainer();
			await burstOfReal(50);
		});
		await burstOfSimulated(500);
	} finally {
		await agent.close();
	}
}

async function withRegistrator(
	env: Readonly<Record<string, string>>,
	options: readonly string[],
	job: (registrator: ChildProcess) => Promise<void>,
): Promise<void> {
	const registrator = spawn(process.execPath, ["dist/disco-registrator.js", ...options, `consul://${host}:8500`], {
		stdio: ["ignore", "ignore", process.env["DEBUG"] ? "inherit" : "ignore"],
		env: { ...process.env, ...env },
	});
	const ended = new Promise((resolve) => registrator.once("close", resolve));
	try {
		await job(registrator);
	} finally {
		registrator.kill("SIGTERM");
		await ended;
	}
}

async function oneContainer(): Promise<void> {
	await docker(
		"create",
		"--name",
		"one",
		"--expose",
		"80",
		"-e",
		"SERVICE_NAME=one",
		"busybox:static",
		"sleep",
		"1000",
	);
	const resolver = new Resolver();
	resolver.setServers([`${host}:8600`]);
	const startMs: number[] = [];
	const dieMs: number[] = [];
	const catalogMs: number[] = [];
	const dnsMs: number[] = [];
	const events = await dockerEvents();
	try {
		for (let round = -1; round < rounds; round++) {
			const listed = untilCatalog("one", 1);
			const answered = untilDns(resolver, "one.service.consul");
			const issuedMs = performance.now();
			const started = events.next("start");
			await docker("start", "one");
			const [startAt, listedAt, answeredAt] = [await started, await listed, await answered];
			const gone = untilCatalog("one", 0);
			const died = events.next("die");
			await docker("kill", "one");
			const [dieAt, goneAt] = [await died, await gone];
			// The first round warms up both sides.
			if (round < 0) continue;
			startMs.push(listedAt - startAt);
			catalogMs.push(listedAt - issuedMs);
			dnsMs.push(answeredAt - issuedMs);
			dieMs.push(goneAt - dieAt);
		}
	} finally {
		events.close();
		await docker("rm", "-f", "one");
	}
	print(`  start event -> catalog        ${formatSpread(spread(startMs))}`);
	print(`  die event -> gone             ${formatSpread(spread(dieMs))}`);
	print(`  docker start -> catalog       ${formatSpread(spread(catalogMs))}`);
	print(`  docker start -> DNS           ${formatSpread(spread(dnsMs))}`);
}

async function burstOfReal(count: number): Promise<void> {
	const names = Array.from({ length: count }, (_, index) => `many-${index}`);
	for (const name of names) {
		await docker(
			"create",
			"--name",
			name,
			"--expose",
			"80",
			"-e",
			"SERVICE_NAME=many",
			"busybox:static",
			"sleep",
			"1000",
		);
	}
	const events = await dockerEvents();
	try {
		await docker("start", ...names);
		const startAt = await events.last("start", count);
		const upAt = await untilExact("many", count);
		await docker("kill", ...names);
		const dieAt = await events.last("die", count);
		const downAt = await untilExact("many", 0);
		print(
			`  ${count} real containers started: exact ${lag(upAt - startAt)} after the last start event; killed: ${lag(downAt - dieAt)} after the last die event`,
		);
	} finally {
		events.close();
		await docker("rm", "-f", ...names);
	}
}

async function burstOfSimulated(count: number): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), "bench-docker-api-"));
	const api = await startDockerApi(join(folder, "docker.sock"));
	try {
		const names = Array.from({ length: count }, (_, index) => `sim-${index}`);
		await withRegistrator({ DOCKER_HOST: api.address }, ["-ip", "10.9.8.7"], async ({ pid = 0 }) => {
			api.start("first", 9_999);
			await untilExact("api", 1);
			const idleMb = residentMb(pid);
			const beganAt = performance.now();
			for (const [index, name] of names.entries()) api.start(name, 10_000 + index);
			const upAt = await untilExact("api", count + 1);
			const cpu = cpuMs(pid);
			const halfAt = performance.now();
			for (const name of names) api.die(name);
			const downAt = await untilExact("api", 1);
			for (const [index, name] of names.entries()) api.start(name, 20_000 + index);
			await untilExact("api", count + 1);
			await new Promise((resolve) => setTimeout(resolve, 12_000));
			print(
				`  ${count} simulated: all there ${Math.round(upAt - beganAt)} ms after the first event (CPU of the registrator since its start ${cpu} ms), all gone ${Math.round(downAt - halfAt)} ms after; resident ${idleMb} MB with 1, ${residentMb(pid)} MB with ${count} (peak ${peakMb(pid)})`,
			);
		});
	} finally {
		await api.close();
		rmSync(folder, { recursive: true });
	}
}

const lag = (ms: number) => (ms <= 0 ? "before or with it, 0 ms" : `${Math.round(ms)} ms`);

/** The moment when the catalog first lists `count` instances, by a blocking query. */
async function untilCatalog(service: string, count: number): Promise<number> {
	for (let index = 0; ; ) {
		const path = `/v1/catalog/service/${service}?index=${index}&wait=60s`;
		const answer = await exchange(host, "GET", path, undefined, { timeoutMs: 90_000 });
		if ((JSON.parse(answer.text) as unknown[]).length === count) return performance.now();
		index = answer.index;
	}
}

/** As `untilCatalog`, and still so half a second later. */
async function untilExact(service: string, count: number): Promise<number> {
	for (;;) {
		const at = await untilCatalog(service, count);
		await new Promise((resolve) => setTimeout(resolve, 500));
		const now = (await exchange(host, "GET", `/v1/catalog/service/${service}`)).text;
		if ((JSON.parse(now) as unknown[]).length === count) return at;
	}
}

async function untilDns(resolver: Resolver, name: string): Promise<number> {
	for (;;) {
		if ((await resolver.resolve4(name).catch(() => [])).length > 0) return performance.now();
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

/** Docker's start and die events with the moment they arrive. */
async function dockerEvents() {
	const seen: { readonly kind: string; readonly at: number }[] = [];
	let wake = () => {};
	const socketPath = (process.env["DOCKER_HOST"] ?? "").replace(/^unix:\/\//, "");
	const request = get({ socketPath, path: "/events?filters=%7B%22event%22%3A%5B%22start%22%2C%22die%22%5D%7D" });
	request.on("error", () => {});
	await new Promise<void>((resolve) => {
		request.on("response", (answer) => {
			answer.on("error", () => {});
			answer.on("data", (chunk: Buffer) => {
				for (const [, kind = ""] of chunk.toString().matchAll(/"Action":"(start|die)"/g)) {
					seen.push({ kind, at: performance.now() });
				}
				wake();
			});
			resolve();
		});
		request.flushHeaders();
	});
	const nth = async (kind: string, number: number): Promise<number> => {
		for (;;) {
			const found = seen.filter((event) => event.kind === kind)[number];
			if (found !== undefined) return found.at;
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
	};
	return {
		next: (kind: string) => nth(kind, seen.filter((event) => event.kind === kind).length),
		last: (kind: string, count: number) => nth(kind, count - 1),
		close: () => request.destroy(),
	};
}

const status = (pid: number, field: string) =>
	Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);
const residentMb = (pid: number) => status(pid, "VmRSS");
const peakMb = (pid: number) => status(pid, "VmHWM");

function cpuMs(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
	return (Number(fields[11]) + Number(fields[12])) * 10;
}

if (!isInsideEngine()) insidePrivateEngine(42, ["scripts/docker-images.sh"], ["bench/registrator.ts", String(rounds)]);
else for (const name of ["disco", "consul"] as const) await measure(name);
