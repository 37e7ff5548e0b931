/**
 * Three servers and a client agent of disco beside three servers and a client agent of Consul, all durable, on this machine, in the
 * same run and in turns. Prints medians (least-greatest), the ratio pair by pair, and the processor time of all four agents for an
 * answer, which says more on a machine with other work.
 *
 *   npm run bench:cluster               all;  BENCH_ROUNDS=5 BENCH_SECONDS=3
 *   npm run bench:cluster -- elections  how long writes through the client wait after kill -9 of the leader, in turns
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange, toolsFolder } from "./agents.ts";
import { putAll } from "./fill.ts";
import { getsPerSecond, putsPerSecond } from "./load.ts";
import { cpuMs } from "./process-figures.ts";
import { formatSpread, spread } from "./statistics.ts";

process.env["PATH"] = `${toolsFolder}:${process.env["PATH"] ?? ""}`;
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 3);

type Program = "disco" | "consul";

interface Agent {
	readonly host: string;
	process: ChildProcess;
	start(): void;
}

interface Cluster {
	readonly name: Program;
	readonly servers: readonly Agent[];
	readonly client: Agent;
	leader(): Promise<Agent>;
	close(): Promise<void>;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
	const deadlineMs = performance.now() + 60_000;
	while (!(await holds().catch(() => false))) {
		if (performance.now() > deadlineMs) throw new Error(`not within 60 s: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

async function startCluster(name: Program, first: number): Promise<Cluster> {
	const folder = mkdtempSync(join(tmpdir(), `bench-cluster-${name}-`));
	const program = name === "disco" ? [process.execPath, "dist/disco.js"] : ["consul"];
	const hosts = [0, 1, 2, 3].map((number) => `127.31.1.${first + number}`);
	const agents = hosts.map((host, number): Agent => {
		const role = number < 3 ? ["-server", "-bootstrap-expect=3"] : [];
		const agent: Agent = {
			host,
			process: undefined as unknown as ChildProcess,
			start() {
				const log = openSync(join(folder, `log-${number}`), "a");
				const own = [`-node=n${number}`, `-data-dir=${join(folder, `data-${number}`)}`, `-bind=${host}`];
				const joins = hosts.slice(0, 3).map((each) => `-retry-join=${each}`);
				const hcl = "performance { raft_multiplier = 1 } limits { http_max_conns_per_client = 10000 }";
				const common = [`-client=${host}`, "-retry-interval=1s", "-log-level=error", "-hcl", hcl];
				const [command = "", ...args] = [...program, "agent", ...own, ...joins, ...common, ...role];
				agent.process = spawn(command, args, { stdio: ["ignore", log, log] });
			},
		};
		agent.start();
		return agent;
	});
	const servers = agents.slice(0, 3);
	const [, , , client] = agents as [Agent, Agent, Agent, Agent];

	async function leader(): Promise<Agent> {
		let found: Agent | undefined;
		await until(`a leader of ${name}`, async () => {
			const answers = servers.map(({ host }) =>
				exchange(host, "GET", "/v1/status/leader", undefined, { timeoutMs: 1_000 }).catch(() => undefined),
			);
			const texts = (await Promise.all(answers)).map((answer) => answer?.text.trim() ?? "");
			found = servers.find(({ host }) => texts.filter((text) => text === `"${host}:8300"`).length >= 2);
			return found !== undefined;
		});
		return found as Agent;
	}

	await leader();
	await until(`writes through the client of ${name}`, async () => (await putOnce(client.host)) === 200);
	return {
		name,
		servers,
		client,
		leader,
		async close() {
			for (const agent of agents) {
				const ended = new Promise((resolve) => agent.process.once("close", resolve));
				if (agent.process.exitCode !== null || agent.process.signalCode !== null) continue;
				agent.process.kill("SIGKILL");
				await ended;
			}
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function putOnce(host: string): Promise<number> {
	return (await exchange(host, "PUT", "/v1/kv/bench/once", "x", { timeoutMs: 20_000 })).status;
}

/** What is measured per second. */
const measurements: Readonly<Record<string, (cluster: Cluster) => Promise<number>>> = {
	"put-1 leader": async (cluster) => putsPerSecond((await cluster.leader()).host, 1, seconds),
	"put-64 leader": async (cluster) => putsPerSecond((await cluster.leader()).host, 64, seconds),
	"put-64 client": async ({ client }) => putsPerSecond(client.host, 64, seconds),
	"get-32 client": async ({ client }) => getsPerSecond(client.host, "/v1/kv/bench-1k", seconds),
	"health-32 client": async ({ client }) => getsPerSecond(client.host, "/v1/health/service/consul?passing", seconds),
};

async function sideBySide(): Promise<void> {
	const clusters = [await startCluster("disco", 1), await startCluster("consul", 11)];
	try {
		for (const { client } of clusters)
			await putAll(client.host, 1, () => ({ path: "/v1/kv/bench-1k", body: "x".repeat(1024) }));
		console.log(`node ${process.version}, ${rounds} rounds of ${seconds} s each: median (least-greatest)\n`);
		const processorTimes: string[] = [];
		for (const [name, measure] of Object.entries(measurements)) {
			const figures: [number[], number[]] = [[], []];
			const processorUs: [number[], number[]] = [[], []];
			for (let round = 0; round < rounds; round++) {
				for (const [side, cluster] of clusters.entries()) {
					const used = () =>
						[...cluster.servers, cluster.client].reduce((sum, agent) => sum + cpuMs(agent.process.pid), 0);
					const beforeMs = used();
					const perSecond = await measure(cluster);
					figures[side as 0 | 1].push(perSecond);
					processorUs[side as 0 | 1].push(((used() - beforeMs) * 1_000) / (perSecond * seconds));
				}
			}
			console.log(row(name, figures, "/s"));
			processorTimes.push(row(name, processorUs, " us"));
		}
		console.log("\nprocessor time of all four agents for an answer\n");
		for (const line of processorTimes) console.log(line);
	} finally {
		for (const cluster of clusters) await cluster.close();
	}
}

function row(label: string, [ours, theirs]: readonly [readonly number[], readonly number[]], unit: string): string {
	const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
	const [a, b, ratio] = [
		formatSpread(spread(ours), unit),
		formatSpread(spread(theirs), unit),
		formatSpread(spread(ratios), "x"),
	];
	return `${label.padEnd(20)}disco ${a.padEnd(30)}consul ${b.padEnd(30)}disco/consul ${ratio}`;
}

/** From kill -9 of the leader to the answer of the first write through the client that is taken. */
async function resumedMs(cluster: Cluster): Promise<number> {
	const victim = await cluster.leader();
	const ended = new Promise((resolve) => victim.process.once("close", resolve));
	const begunMs = performance.now();
	victim.process.kill("SIGKILL");
	await until("a write", async () => (await putOnce(cluster.client.host)) === 200);
	const tookMs = performance.now() - begunMs;
	await ended;
	victim.start();
	await until("all servers are healthy again", async () => {
		const { status, text } = await exchange(cluster.client.host, "GET", "/v1/operator/autopilot/health");
		const voters = text.match(/"Voter":\s*true/g)?.length ?? 0;
		return status === 200 && voters === 3;
	});
	return tookMs;
}

async function elections(): Promise<void> {
	const clusters = [await startCluster("disco", 1), await startCluster("consul", 11)];
	const figures: [number[], number[]] = [[], []];
	try {
		for (let round = 0; round < rounds; round++)
			for (const [side, cluster] of clusters.entries()) figures[side as 0 | 1].push(await resumedMs(cluster));
	} finally {
		for (const cluster of clusters) await cluster.close();
	}
	console.log(`kill -9 of the leader, raft_multiplier 1, ${rounds} rounds, until a write through the client was taken`);
	console.log(row("writes resume", figures, " ms"));
}

await (process.argv.includes("elections") ? elections() : sideBySide());
