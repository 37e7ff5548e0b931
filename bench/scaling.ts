import { request } from "node:http";
import { type Agent, exchange, startAgent } from "./agents.ts";
import { instancePut, keysPut, putAll } from "./fill.ts";
import { getsPerSecond } from "./load.ts";
import { residentMb } from "./process-figures.ts";
import { formatSpread, spread } from "./statistics.ts";

const questions = {
	"a key": "/v1/kv/mine/key-7",
	"a prefix of 100 keys": "/v1/kv/mine/?recurse",
	"names below a prefix of 100 keys": "/v1/kv/mine/?keys",
	"health of 10 instances": "/v1/health/service/mine?passing",
} as const;

/**
 * disco alone: what a small read costs beside nothing and beside 1,000,000 keys and 100,000 instances, and how long others wait
 * while everything is read at once.
 */
export async function scaling(rounds: number, seconds: number): Promise<void> {
	const agents = [await startAgent("disco", "127.31.0.1"), await startAgent("disco", "127.31.0.3")] as const;
	try {
		for (const { host } of agents) await fillOwn(host);
		const [, large] = agents;
		await putAll(large.host, 15_625, keysPut);
		await putAll(large.host, 100_000, (number) =>
			instancePut({ node: number % 1_000, service: `svc-${number % 2_000}`, id: `svc-${number}`, port: 9_000 }),
		);
		console.log(
			`\nunrelated: none, or 1,000,000 keys and 100,000 instances (${Math.round(residentMb(large.process.pid))} MB)\n`,
		);
		console.log(`${"answers per second".padEnd(36)}${"none".padEnd(28)}${"a million".padEnd(28)}ratio`);
		for (const [label, path] of Object.entries(questions)) {
			const figures: [number[], number[]] = [[], []];
			for (let round = 0; round < rounds; round++)
				for (const [side, { host }] of agents.entries())
					figures[side as 0 | 1].push(await getsPerSecond(host, path, seconds));
			const [small, big] = figures;
			const ratio = spread(big.map((value, round) => value / (small[round] ?? Number.NaN)));
			console.log(
				`${label.padEnd(36)}${formatSpread(spread(small)).padEnd(28)}${formatSpread(spread(big)).padEnd(28)}${formatSpread(ratio, "x")}`,
			);
		}
		for (const path of ["/v1/kv/?recurse", "/v1/kv/?keys", "/v1/catalog/services", "/v1/health/state/any"])
			await slowestBeside(large, path);
	} finally {
		for (const agent of agents) await agent.close();
	}
}

async function fillOwn(host: string): Promise<void> {
	await putAll(host, 100, (number) => ({ path: `/v1/kv/mine/key-${number}`, body: "x".repeat(100) }));
	await putAll(host, 10, (number) => instancePut({ node: number, service: "mine", id: `mine-${number}`, port: 8_000 }));
}

/** The slowest of the small answers that others get while a large one is made, and how long that takes. */
async function slowestBeside({ host }: Agent, path: string): Promise<void> {
	let slowestMs = 0;
	let isOver = false;
	const probing = (async () => {
		while (!isOver) {
			const startMs = performance.now();
			await exchange(host, "GET", "/v1/status/leader", undefined, { timeoutMs: 60_000 });
			slowestMs = Math.max(slowestMs, performance.now() - startMs);
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
	})();
	const startMs = performance.now();
	const sizeBytes = await sizeOf(host, path);
	const elapsedMs = performance.now() - startMs;
	isOver = true;
	await probing;
	console.log(
		`${path.padEnd(36)}${(sizeBytes / 1e6).toFixed(1)} MB in ${Math.round(elapsedMs)} ms; slowest other answer meanwhile ${Math.round(slowestMs)} ms`,
	);
}

/** Read and thrown away: this process is the probe, too. */
function sizeOf(host: string, path: string): Promise<number> {
	return new Promise((resolve, reject) => {
		const outgoing = request({ host, port: 8500, path, agent: false }, (response) => {
			let sizeBytes = 0;
			response.on("data", (chunk: Buffer) => {
				sizeBytes += chunk.length;
			});
			response.on("end", () => resolve(sizeBytes));
			response.on("error", reject);
		});
		outgoing.on("error", reject);
		outgoing.end();
	});
}
