import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange, toolsFolder } from "./agents.ts";
import { formatSpread, spread } from "./statistics.ts";

process.env["PATH"] = `${toolsFolder}:${process.env["PATH"] ?? ""}`;

type Program = "disco" | "consul";

/** An agent of a cluster; killed, it can be started again on what it wrote. */
export interface Agent {
	readonly host: string;
	process: ChildProcess;
	start(): void;
}

/** Three servers and an agent that is none, durable, on addresses of their own with the usual ports. */
export interface Cluster {
	readonly name: Program;
	readonly servers: readonly Agent[];
	readonly client: Agent;
	leader(): Promise<Agent>;
	close(): Promise<void>;
}

/** Tries again every 50 ms. */
export async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
	const deadlineMs = performance.now() + timeoutMs;
	while (!(await holds().catch(() => false))) {
		if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Resolves when writes through the client are taken. `first`: number of the first of four addresses in 127.31.1.0/24. */
export async function startCluster(
	name: Program,
	first: number,
	{ multiplier = 1, hcl = "" }: { readonly multiplier?: number; readonly hcl?: string } = {},
): Promise<Cluster> {
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
				const limits = "limits { http_max_conns_per_client = 10000 }";
				const settings = `performance { raft_multiplier = ${multiplier} } ${limits} ${hcl}`;
				const common = [`-client=${host}`, "-retry-interval=1s", "-log-level=error", "-hcl", settings];
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

/** Status of a write. */
export async function putOnce(host: string): Promise<number> {
	return (await exchange(host, "PUT", "/v1/kv/bench/once", "x", { timeoutMs: 20_000 })).status;
}

/** A line of both sides' figures, and their ratio pair by pair. */
export function row(
	label: string,
	[ours, theirs]: readonly [readonly number[], readonly number[]],
	unit: string,
): string {
	const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
	const [a, b, ratio] = [
		formatSpread(spread(ours), unit),
		formatSpread(spread(theirs), unit),
		formatSpread(spread(ratios), "x"),
	];
	return `${label.padEnd(20)}disco ${a.padEnd(30)}consul ${b.padEnd(30)}disco/consul ${ratio}`;
}
