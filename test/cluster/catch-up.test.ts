import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../agent/support.ts";
import { eventually } from "../support/programs.ts";
import { type ClusterAgent, startCluster, type TestCluster } from "./cluster.ts";
import { Load } from "./load.ts";

// A follower that was away for longer than the leader keeps entries: it has to be sent the state as a whole, while others write on.

const isLong = process.env["DISCO_LONG"] !== undefined;
const threshold = isLong ? 16_384 : 200;
const writersPerAgent = 8;

const folder = temporaryFolder();
let cluster: TestCluster;
beforeAll(async () => {
	const keeping = `raft_snapshot_threshold = ${threshold} raft_trailing_logs = ${threshold / 10}`;
	cluster = await startCluster("127.77.7", { folder, args: ["-hcl", keeping] });
});
afterAll(async () => {
	await cluster.close();
});

async function lastIndex({ client }: ClusterAgent): Promise<number> {
	return Number((await client.agent.self()).Stats?.["raft"]?.["last_log_index"]);
}

/** The first entry that the server still has. */
function firstKept({ name }: ClusterAgent): number {
	const segments = readdirSync(join(folder, name, "raft")).filter((file) => file.startsWith("log-"));
	return Math.min(...segments.map((file) => Number(file.slice("log-".length))));
}

it(
	"a follower far behind is sent the state, and has everything that was written before and meanwhile",
	async () => {
		const leader = await cluster.leader();
		const [away, other] = cluster.servers.filter((server) => server !== leader) as [ClusterAgent, ClusterAgent];
		const load = new Load("written", [leader, other, cluster.clientAgent], writersPerAgent);
		try {
			await load.acknowledgedBy([leader, other], 10);
			const knownIndex = await lastIndex(away);
			await away.end("SIGKILL");
			const present = [leader, other];
			await eventually(
				"nobody has the entries that it misses",
				() => present.every((server) => firstKept(server) > knownIndex + 1),
				600_000,
			);
			away.start();
			await cluster.isBack(away);
			await load.acknowledgedBy([leader, other], 10);
		} finally {
			await load.stop();
		}
		await eventually("it has everything", async () => (await load.missingAt(away, "stale")).length === 0);
		const states = await eventually("the servers hold the same", async () => {
			const all = await Promise.all(
				cluster.servers.map(async ({ client }) =>
					JSON.stringify((await client.kv.list("", { consistency: "stale" })).value),
				),
			);
			return new Set(all).size === 1 && all;
		});
		expect(states).toHaveLength(3);
		process.stdout.write(
			`${load.acknowledged.size} writes beside a follower far behind, ${load.failedCount} failed, none lost\n`,
		);
	},
	isLong ? 900_000 : 120_000,
);
