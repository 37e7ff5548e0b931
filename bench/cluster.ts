/**
 * Three servers and a client agent of disco beside three servers and a client agent of Consul, all durable, on this machine, in the
 * same run and in turns. Prints medians (least-greatest), the ratio pair by pair, and the processor time of all four agents for an
 * answer, which says more on a machine with other work.
 *
 *   npm run bench:cluster               all;  BENCH_ROUNDS=5 BENCH_SECONDS=3
 *   npm run bench:cluster -- elections  how long writes through the client wait after kill -9 of the leader, in turns, at the
 *                                       default raft_multiplier (5) and at 1
 *   npm run bench:cluster -- catch-up   a follower comes back that missed BENCH_ENTRIES=300000, and what the leader's writers notice
 *   npm run bench:cluster -- recovery   how soon a server answers that has 100,000 entries to apply, beside Consul, and 1,000,000
 */
import { catchUp } from "./catch-up.ts";
import { type Cluster, row, startCluster } from "./cluster-processes.ts";
import { elections } from "./elections.ts";
import { putAll } from "./fill.ts";
import { getsPerSecond, putsPerSecond } from "./load.ts";
import { cpuMs } from "./process-figures.ts";
import { recovery } from "./recovery.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 3);

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
			// The first round is not counted: what runs for the first time is slower, in Node most.
			for (let round = -1; round < rounds; round++) {
				for (const [side, cluster] of clusters.entries()) {
					const used = () =>
						[...cluster.servers, cluster.client].reduce((sum, agent) => sum + cpuMs(agent.process.pid), 0);
					const beforeMs = used();
					const perSecond = await measure(cluster);
					if (round < 0) continue;
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

const [kind = "rates"] = process.argv.slice(2);
if (kind === "elections") await elections();
else if (kind === "catch-up") await catchUp();
else if (kind === "recovery") await recovery();
else await sideBySide();
