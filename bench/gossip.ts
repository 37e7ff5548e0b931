/**
 * What membership costs: one real serf agent, one process with disco's gossip alone and one whole `disco agent`, in the same pool of
 * 100 and of 1,000 members at the same time. Processor time and resident memory of each while nothing happens and while 100 events go
 * round. The other members are in one process (gossip-others.ts). Needs `serf` (scripts/test-tools.sh) and a built dist/.
 *
 *   npm run bench:gossip               all;  BENCH_SECONDS=60
 *   npm run bench:gossip -- 100        one size
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { exchange, toolsFolder } from "./agents.ts";
import { gossipPort } from "./gossip-pool.ts";
import { cpuMs, residentMb } from "./process-figures.ts";

const seconds = Number(process.env["BENCH_SECONDS"] ?? 60);
const network = process.env["BENCH_NETWORK"] ?? "127.143";
const burst = 100;
/** For the members to settle after they have joined. */
const settleSeconds = 20;
const readySecondsMax = 240;

const folder = mkdtempSync(join(tmpdir(), "bench-gossip-"));
const own = (name: string) => join(folder, `${name}.mjs`);
await Promise.all(
	["gossip-member", "gossip-others"].map((name) =>
		build({ entryPoints: [`bench/${name}.ts`], outfile: own(name), bundle: true, platform: "node", format: "esm" }),
	),
);

/** A program that is measured. */
interface Measured {
	readonly name: string;
	readonly process: ChildProcess;
	/** Members that it takes for alive. */
	alive(): Promise<number>;
}

function run(program: string, args: readonly string[]): ChildProcess {
	return spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
}

/** The next line that the program prints, after one was sent to it. */
async function ask(
	process: ChildProcess,
	line: string,
): Promise<{ readonly alive: number; readonly [field: string]: number }> {
	const answer = once(process.stdout as NodeJS.ReadableStream, "data");
	process.stdin?.write(`${line}\n`);
	return JSON.parse(String((await answer)[0]));
}

async function startAll(
	count: number,
): Promise<{ readonly others: ChildProcess; readonly measured: readonly Measured[] }> {
	const others = run(process.execPath, [
		"--max-old-space-size=12000",
		own("gossip-others"),
		String(count - 3),
		network,
	]);
	await once(others.stdout as NodeJS.ReadableStream, "data");
	const first = `${network}.8.1`;
	const [serfHost, memberHost, agentHost] = [1, 2, 3].map((at) => `${network}.7.${at}`) as [string, string, string];
	const serfProgram = existsSync(join(toolsFolder, "serf")) ? join(toolsFolder, "serf") : "serf";
	const rpc = `-rpc-addr=${serfHost}:7373`;
	const serf = run(serfProgram, [
		"agent",
		"-node=serf",
		`-bind=${serfHost}:${gossipPort}`,
		rpc,
		"-log-level=err",
		`-join=${first}:${gossipPort}`,
	]);
	serf.stdout?.resume();
	const member = run(process.execPath, [own("gossip-member"), "member", memberHost, first]);
	const agent = run(process.execPath, [
		"dist/disco.js",
		...[
			"agent",
			"-node=agent",
			`-bind=${agentHost}`,
			`-client=${agentHost}`,
			`-data-dir=${join(folder, `agent-${count}`)}`,
		],
		...["-log-level=err", "-dns-port=-1", `-retry-join=${first}:${gossipPort}`],
	]);
	agent.stdout?.resume();
	return {
		others,
		measured: [
			{
				name: "serf 0.10.2",
				process: serf,
				alive: async () => {
					const asked = run(serfProgram, ["members", rpc, "-status=alive"]);
					let text = "";
					for await (const chunk of asked.stdout as NodeJS.ReadableStream) text += String(chunk);
					return text.split("\n").filter((line) => line !== "").length;
				},
			},
			{ name: "disco's gossip alone", process: member, alive: async () => (await ask(member, "")).alive },
			{
				name: "disco agent (client)",
				process: agent,
				alive: async () => {
					const { text } = await exchange(agentHost, "GET", "/v1/agent/members");
					return (JSON.parse(text) as { readonly Status: number }[]).filter(({ Status }) => Status === 1).length;
				},
			},
		],
	};
}

async function measure(count: number): Promise<void> {
	const { others, measured } = await startAll(count);
	try {
		const startMs = performance.now();
		for (const one of measured) {
			for (;;) {
				const alive = await one.alive().catch(() => 0);
				if (alive === count) break;
				if (performance.now() - startMs > readySecondsMax * 1_000) {
					console.log(`${one.name} sees ${alive} of ${count} members`);
					break;
				}
				await sleep(1_000);
			}
		}
		await sleep(settleSeconds * 1_000);
		const cpu = () => measured.map(({ process }) => cpuMs(process.pid) / 1_000);
		const before = cpu();
		await sleep(seconds * 1_000);
		const idle = cpu();
		await ask(others, String(burst));
		await sleep(seconds * 1_000);
		const after = cpu();
		console.log(`\n${count} members, ${seconds} s idle, ${seconds} s with ${burst} events\n`);
		for (const [at, { name, process }] of measured.entries()) {
			const of = (from: readonly number[], to: readonly number[]) => ((to[at] ?? 0) - (from[at] ?? 0)).toFixed(2);
			console.log(
				`| ${name} | ${of(before, idle)} s | ${of(idle, after)} s | ${residentMb(process.pid).toFixed(0)} MB |`,
			);
		}
		const member = measured[1];
		if (member !== undefined)
			console.log(JSON.stringify(await ask(member.process, "")), JSON.stringify(await ask(others, "0")));
		console.log(
			`the other members: ${(cpuMs(others.pid) / 1_000).toFixed(0)} s, ${residentMb(others.pid).toFixed(0)} MB`,
		);
	} finally {
		for (const { process } of measured) process.kill("SIGKILL");
		others.kill("SIGKILL");
	}
}

const [size] = process.argv.slice(2);
try {
	for (const count of size === undefined ? [100, 1_000] : [Number(size)]) await measure(count);
} finally {
	rmSync(folder, { recursive: true, force: true });
}
