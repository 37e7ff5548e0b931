import { exchange } from "./agents.ts";
import { type Cluster, putOnce, row, startCluster, until } from "./cluster-processes.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);

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

/** In turns with Consul, at the default `raft_multiplier` and at the one for machines that do not stall. */
export async function elections(): Promise<void> {
	console.log(
		`kill -9 of the leader, ${rounds} rounds, until a write through the client was taken: median (least-greatest)`,
	);
	for (const multiplier of [5, 1]) {
		const clusters = [await startCluster("disco", 1, { multiplier }), await startCluster("consul", 11, { multiplier })];
		const figures: [number[], number[]] = [[], []];
		try {
			for (let round = 0; round < rounds; round++)
				for (const [side, cluster] of clusters.entries()) figures[side as 0 | 1].push(await resumedMs(cluster));
		} finally {
			for (const cluster of clusters) await cluster.close();
		}
		console.log(row(`raft_multiplier ${multiplier}`, figures, " ms"));
	}
}
