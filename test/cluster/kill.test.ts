import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DiscoError } from "../../lib/errors.ts";
import { type ClusterAgent, startCluster, type TestCluster } from "./cluster.ts";

const isLong = process.env["DISCO_LONG"] !== undefined;
/** In the long suite a server is killed every few seconds for two minutes. */
const killsMax = isLong ? 24 : 4;
const writersPerAgent = 2;

interface Written {
	/** Keys whose write was acknowledged. */
	readonly keys: Set<string>;
	failedCount: number;
	/** `performance.now()` when the first write was acknowledged that had begun after this. */
	onAcknowledged: (begunMs: number) => void;
}

/** Writes one key after the other through the agent. A write that failed may or may not be there: it is not counted. */
async function writeUntil(over: () => boolean, agent: ClusterAgent, id: string, written: Written): Promise<void> {
	for (let count = 0; !over(); count++) {
		const key = `written/${id}/${count}`;
		const begunMs = performance.now();
		try {
			await agent.client.kv.put(key, `${count}`);
			written.keys.add(key);
			written.onAcknowledged(begunMs);
		} catch (error) {
			if (!(error instanceof DiscoError)) throw error;
			written.failedCount++;
			// An agent that is down refuses at once.
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}
}

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
			const written: Written = { keys: new Set(), failedCount: 0, onAcknowledged: () => undefined };
			let over = false;
			const writers = [...cluster.servers, cluster.clientAgent].flatMap((agent) =>
				Array.from({ length: writersPerAgent }, (_, at) =>
					writeUntil(() => over, agent, `${agent.name}-${at}`, written),
				),
			);
			const resumedMs: number[] = [];
			for (let kill = 0; kill < killsMax; kill++) {
				const leader = await cluster.leader();
				// The leader mostly, which hurts most; now and then another.
				const victim = kill % 4 === 3 ? cluster.servers.find((each) => each !== leader) : leader;
				if (victim === undefined) throw new Error("there is nobody to kill");
				const wrote = new Promise<number>((resolve) => {
					const killedMs = performance.now();
					written.onAcknowledged = (begunMs) => {
						if (begunMs >= killedMs) resolve(performance.now() - killedMs);
					};
				});
				await victim.end("SIGKILL");
				const waitedMs = await wrote;
				if (victim === leader) resumedMs.push(Math.round(waitedMs));
				victim.start();
				// Back among the others, with all that was written meanwhile, before the next one is killed.
				await cluster.isBack(victim);
			}
			over = true;
			await Promise.all(writers);
			for (const { client, name } of [...cluster.servers, cluster.clientAgent]) {
				const present = new Set((await client.kv.keys("written/", { consistency: "consistent" })).value);
				const lost = [...written.keys].filter((key) => !present.has(key));
				expect(lost, `lost, as ${name} sees it`).toEqual([]);
			}
			resumedMs.sort((a, b) => a - b);
			const median = resumedMs[Math.floor(resumedMs.length / 2)];
			process.stdout.write(
				`${written.keys.size} acknowledged writes, ${written.failedCount} failed; after a kill -9 of the leader writes resumed in ms: ${resumedMs.join(" ")}; median ${median}\n`,
			);
		},
		isLong ? 900_000 : 120_000,
	);
});
