import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "./cluster.ts";
import { Load } from "./load.ts";

const isLong = process.env["DISCO_LONG"] !== undefined;
/** In the long suite a server is killed every few seconds for two minutes. */
const killsMax = isLong ? 24 : 4;
const writersPerAgent = 2;

describe("three servers and a client agent", () => {
	let cluster: TestCluster;
	beforeAll(async () => {
		cluster = await startCluster("127.77.1");
	});
	afterAll(async () => {
		await cluster.close();
	});

	it(
		`lose no acknowledged write when a server is killed ${killsMax} times under load`,
		async () => {
			const load = new Load("written", [...cluster.servers, cluster.clientAgent], writersPerAgent);
			const resumedMs: number[] = [];
			for (let kill = 0; kill < killsMax; kill++) {
				const leader = await cluster.leader();
				// The leader mostly, which hurts most; now and then another.
				const victim = kill % 4 === 3 ? cluster.servers.find((each) => each !== leader) : leader;
				if (victim === undefined) throw new Error("there is nobody to kill");
				const wrote = load.acknowledgedBy([...cluster.servers, cluster.clientAgent]);
				await victim.end("SIGKILL");
				const waitedMs = await wrote;
				if (victim === leader) resumedMs.push(Math.round(waitedMs));
				victim.start();
				// Back among the others, with all that was written meanwhile, before the next one is killed.
				await cluster.isBack(victim);
			}
			await load.stop();
			for (const agent of [...cluster.servers, cluster.clientAgent])
				expect(await load.missingAt(agent, "consistent"), `lost, as ${agent.name} sees it`).toEqual([]);
			resumedMs.sort((a, b) => a - b);
			const median = resumedMs[Math.floor(resumedMs.length / 2)];
			process.stdout.write(
				`${load.acknowledged.size} acknowledged writes, ${load.failedCount} failed; after a kill -9 of the leader writes resumed in ms: ${resumedMs.join(" ")}; median ${median}\n`,
			);
		},
		isLong ? 900_000 : 120_000,
	);
});
