/**
 * How long `disco kv get x` takes from cold, against a script of node:http alone that asks the same and against `consul kv get x`, in
 * turns. And how much an idle agent needs: processor time, and resident and proportional memory, disco and Consul. Prints; never a test.
 *
 *   node --import tsx bench/start.ts            BENCH_ROUNDS=15 BENCH_SECONDS=20
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, exchange, startAgent, toolsFolder } from "./agents.ts";
import { cpuMs } from "./process-figures.ts";
import { formatSpread, spread } from "./statistics.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 15);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 20);
const host = "127.0.55.4";

const bareScript = `import { get } from "node:http";
get("http://" + process.env.CONSUL_HTTP_ADDR + "/v1/kv/x", (answer) => {
	const chunks = [];
	answer.on("data", (chunk) => chunks.push(chunk));
	answer.on("end", () => process.stdout.write(Buffer.from(JSON.parse(Buffer.concat(chunks))[0].Value, "base64")));
});
`;

function runMs(program: string, args: readonly string[]): number {
	const startMs = performance.now();
	const { status, stderr } = spawnSync(program, args, { env: { ...process.env, CONSUL_HTTP_ADDR: `${host}:8500` } });
	if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
	return performance.now() - startMs;
}

async function coldStart(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
	const bare = join(folder, "bare.mjs");
	writeFileSync(bare, bareScript);
	const agent = await startAgent("disco", host);
	try {
		await exchange(host, "PUT", "/v1/kv/x", "1");
		const commands: Readonly<Record<string, () => number>> = {
			"node:http alone": () => runMs(process.execPath, [bare]),
			"disco kv get x": () => runMs(process.execPath, ["dist/disco.js", "kv", "get", "x"]),
			"consul kv get x": () => runMs(join(toolsFolder, "consul"), ["kv", "get", "x"]),
		};
		const figures = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
		for (let round = 0; round < rounds; round++) {
			for (const [name, run] of Object.entries(commands)) figures.get(name)?.push(run());
		}
		for (const [name, values] of figures) console.log(`${name.padEnd(16)} ${formatSpread(spread(values), " ms")}`);
		const bareMs = figures.get("node:http alone") ?? [];
		const above = (figures.get("disco kv get x") ?? []).map((ms, round) => ms - (bareMs[round] ?? Number.NaN));
		console.log(`disco above node:http, pair by pair: ${formatSpread(spread(above), " ms")}`);
	} finally {
		await agent.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

async function idle(name: Agent["name"], address: string): Promise<void> {
	const agent = await startAgent(name, address);
	try {
		const atStart = memory(agent);
		await new Promise((resolve) => setTimeout(resolve, 5_000));
		const beforeMs = cpuMs(agent.process.pid);
		await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
		const share = (cpuMs(agent.process.pid) - beforeMs) / seconds / 10;
		console.log(
			`${name.padEnd(7)} idle ${share.toFixed(2)} % of a core; memory at start ${atStart}, then ${memory(agent)}`,
		);
	} finally {
		await agent.close();
	}
}

/** Resident, and proportional: pages shared with others (the program itself) count by their share. */
function memory({ process: { pid } }: Agent): string {
	const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
	const mib = (field: string) => (Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(rollup)?.[1]) / 1024).toFixed(0);
	return `${mib("Rss")} MiB resident, ${mib("Pss")} proportional, ${mib("Private_Dirty")} private`;
}

await coldStart();
await idle("disco", "127.0.55.5");
await idle("consul", "127.0.55.6");
process.exit(0);
