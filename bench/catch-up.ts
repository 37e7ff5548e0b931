import { Agent as HttpAgent, request } from "node:http";
import { exchange } from "./agents.ts";
import { type Agent, type Cluster, startCluster, until } from "./cluster-processes.ts";
import { keyPut, putAll } from "./fill.ts";

/** Entries that the follower misses: far more than the leader keeps beside its snapshot. */
const entries = Number(process.env["BENCH_ENTRIES"] ?? 300_000);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 10);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 1);
const connections = 4;
const catchUpMaxMs = 600_000;

/** Milliseconds of each PUT at the leader, by connections that write one after the other until `over`. */
async function putLatencies(host: string, over: () => boolean): Promise<readonly number[]> {
	const agent = new HttpAgent({ keepAlive: true, maxSockets: connections });
	const latencies: number[] = [];
	const put = (key: string) =>
		new Promise<void>((resolve, reject) => {
			const beganMs = performance.now();
			const outgoing = request({ agent, host, port: 8500, method: "PUT", path: `/v1/kv/${key}` }, (response) => {
				response.resume();
				response.on("end", () => {
					if (response.statusCode === 200) latencies.push(performance.now() - beganMs);
					resolve();
				});
			});
			outgoing.on("error", reject);
			outgoing.end("x".repeat(100));
		});
	const writer = async (id: number) => {
		for (let count = 0; !over(); count++) await put(`latency/${id}/${count % 100}`);
	};
	await Promise.all(Array.from({ length: connections }, (_, id) => writer(id)));
	agent.destroy();
	return latencies;
}

async function appliedIndex({ host }: Agent): Promise<number> {
	const { text } = await exchange(host, "GET", "/v1/agent/self");
	return Number((JSON.parse(text) as { Stats: { raft: { applied_index: string } } }).Stats.raft.applied_index);
}

async function measure(cluster: Cluster): Promise<void> {
	const leader = await cluster.leader();
	const follower = cluster.servers.find((server) => server !== leader) as Agent;
	const ended = new Promise((resolve) => follower.process.once("close", resolve));
	follower.process.kill("SIGKILL");
	await ended;
	await putAll(leader.host, entries, keyPut);
	const endMs = performance.now() + seconds * 1_000;
	const before = await putLatencies(leader.host, () => performance.now() >= endMs);

	const startedMs = performance.now();
	let tookMs: number | undefined;
	follower.start();
	const during = putLatencies(leader.host, () => tookMs !== undefined);
	const wanted = await appliedIndex(leader);
	await until("the follower has caught up", async () => (await appliedIndex(follower)) >= wanted, catchUpMaxMs);
	tookMs = performance.now() - startedMs;
	const caughtUp = `caught up after ${(tookMs / 1_000).toFixed(1)} s`;
	console.log(
		`${cluster.name.padEnd(8)}${caughtUp}; PUT before: ${percentiles(before)}; meanwhile: ${percentiles(await during)}`,
	);
}

/** A follower that was away for many entries comes back: how long it takes, and what the leader's writers notice. In turns with Consul. */
export async function catchUp(): Promise<void> {
	console.log(`a follower misses ${entries} entries; ${connections} connections write at the leader`);
	for (let round = 0; round < rounds; round++)
		for (const name of ["disco", "consul"] as const) {
			const cluster = await startCluster(name, name === "disco" ? 1 : 11, { multiplier: 5 });
			try {
				await measure(cluster);
			} finally {
				await cluster.close();
			}
		}
}

function percentiles(latencies: readonly number[]): string {
	const ascending = latencies.toSorted((a, b) => a - b);
	const [p50, p99, most] = [0.5, 0.99, 1].map((part) =>
		(ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN).toFixed(1),
	);
	return `p50 ${p50} p99 ${p99} max ${most} ms (${latencies.length})`;
}
