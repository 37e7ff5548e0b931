/**
 * How long disco-env takes from its start to its child's exec, against a script of node:http and spawn alone that does the same, in
 * turns; and from a KV change to the restarted child. Prints; never a test.
 *
 *   npm run bench:env            BENCH_ROUNDS=15
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange, startAgent } from "./agents.ts";
import { formatSpread, spread } from "./statistics.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 15);
const host = "127.60.0.8";
const env = { ...process.env, CONSUL_HTTP_ADDR: `${host}:8500` };
const folder = mkdtempSync(join(tmpdir(), "bench-env-"));
const discoEnv = "dist/disco-env.js";

const bareScript = `import { get } from "node:http";
import { spawn } from "node:child_process";
get("http://" + process.env.CONSUL_HTTP_ADDR + "/v1/kv/app/?recurse", (answer) => {
	const chunks = [];
	answer.on("data", (chunk) => chunks.push(chunk));
	answer.on("end", () => {
		const env = { ...process.env };
		for (const { Key, Value } of JSON.parse(Buffer.concat(chunks))) env[Key.slice(4)] = Buffer.from(Value, "base64").toString();
		spawn("date", ["+%s%N"], { env, stdio: "inherit" }).on("exit", (code) => process.exit(code));
	});
});
`;

/** Milliseconds from now until what the words start looks at the clock. */
function untilExecMs(words: readonly string[]): number {
	const startMs = performance.timeOrigin + performance.now();
	const { status, stdout, stderr } = spawnSync(process.execPath, words, { env });
	if (status !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
	return Number(BigInt(stdout.toString().trim()) / 1_000n) / 1_000 - startMs;
}

function start(): void {
	const bare = join(folder, "bare.mjs");
	writeFileSync(bare, bareScript);
	const commands: Readonly<Record<string, readonly string[]>> = {
		"node:http + spawn": [bare],
		"disco-env": [discoEnv, "-prefix", "app", "date", "+%s%N"],
	};
	const figures = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
	for (let round = 0; round < rounds; round++) {
		for (const [name, words] of Object.entries(commands)) figures.get(name)?.push(untilExecMs(words));
	}
	for (const [name, values] of figures) console.log(`${name.padEnd(18)} ${formatSpread(spread(values), " ms")}`);
	const bareMs = figures.get("node:http + spawn") ?? [];
	const above = (figures.get("disco-env") ?? []).map((ms, round) => ms - (bareMs[round] ?? Number.NaN));
	console.log(`disco-env above it, pair by pair: ${formatSpread(spread(above), " ms")}`);
	// On a busy machine this tells more than the clock.
	for (const [name, words] of Object.entries(commands)) {
		const perStart = Array.from({ length: 3 }, () => processorMs(words));
		console.log(`${name.padEnd(18)} ${formatSpread(spread(perStart), " ms")} of processor time`);
	}
}

const startsTimed = 10;

/** Milliseconds of processor time of one start, its child included: what a shell says of several. */
function processorMs(words: readonly string[]): number {
	const line = `for i in $(seq ${startsTimed}); do "$@" >/dev/null || exit 1; done; times`;
	const { status, stdout, stderr } = spawnSync("sh", ["-c", line, "sh", process.execPath, ...words], { env });
	if (status !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
	const children = stdout.toString().trim().split("\n").at(-1) ?? "";
	const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
		([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
	);
	return (parts.reduce((sum, each) => sum + each, 0) * 1000) / startsTimed;
}

async function change(): Promise<void> {
	const stamps = join(folder, "stamps");
	writeFileSync(stamps, "");
	const line = `date +%s%N >> ${stamps}; exec sleep 1000`;
	const words = ["-prefix", "app", "-exec-kill-signal", "SIGTERM", "/bin/sh", "-c", line];
	const program = spawn(process.execPath, [discoEnv, ...words], { env, stdio: "ignore" });
	const stamp = async (count: number) => {
		for (;;) {
			const lines = readFileSync(stamps, "utf8").split("\n");
			if (lines.length > count) return Number(BigInt(lines[count - 1] ?? "") / 1_000n) / 1_000;
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	};
	try {
		await stamp(1);
		const values: number[] = [];
		for (let round = 0; round < rounds; round++) {
			await new Promise((resolve) => setTimeout(resolve, 200));
			const startMs = performance.timeOrigin + performance.now();
			await exchange(host, "PUT", "/v1/kv/app/A", String(round));
			values.push((await stamp(round + 2)) - startMs);
		}
		console.log(`KV change to the restarted child: ${formatSpread(spread(values), " ms")}`);
	} finally {
		program.kill("SIGTERM");
	}
}

const agent = await startAgent("disco", host);
try {
	await exchange(host, "PUT", "/v1/kv/app/A", "1");
	start();
	await change();
} finally {
	await agent.close();
	rmSync(folder, { recursive: true, force: true });
}
