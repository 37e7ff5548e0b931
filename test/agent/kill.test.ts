import { expect, it } from "vitest";
import { DiscoError } from "../../lib/errors.ts";
import { freePort, startAgent, type TestAgent, temporaryFolder } from "./support.ts";

const host = "127.13.0.21";
const kills = 20;

/** What was acknowledged: key -> last value, and the ids of registered services. */
interface Acknowledged {
	readonly values: Map<string, string>;
	readonly services: Set<string>;
}

/** Writes as fast as answers come, until the agent is gone. A write that was not answered may or may not be there. */
async function writeUntilGone(agent: TestAgent, round: number, worker: number, known: Acknowledged): Promise<void> {
	for (let each = 0; ; each++) {
		const key = `w${worker}`;
		const value = `${round}.${each}`;
		try {
			if (worker === 0) {
				const id = `s-${round}-${each}`;
				await agent.client.agent.registerService({ ID: id, Name: "s", Port: 1000 + (each % 1000), Tags: [id] });
				known.services.add(id);
				// Some go again: that too must last.
				if (each % 3 === 2) {
					const gone = `s-${round}-${each - 1}`;
					known.services.delete(gone);
					await agent.client.agent.deregisterService(gone);
					known.services.delete(gone);
				}
			} else {
				await agent.client.kv.put(key, value);
				known.values.set(key, value);
			}
		} catch (error) {
			if (error instanceof DiscoError) return;
			throw error;
		}
	}
}

it(`loses no acknowledged write when it is killed ${kills} times at random moments`, async () => {
	const folder = temporaryFolder();
	const httpPort = await freePort(host);
	const known: Acknowledged = { values: new Map(), services: new Set() };
	for (let round = 0; round < kills; round++) {
		const agent = await startAgent(host, { folder, httpPort });
		for (const [key, value] of known.values) {
			const kept = (await agent.client.kv.raw(key)).value?.toString() ?? "nothing";
			// The write after the last acknowledged one may have been stored without its answer.
			expect(later(kept, value), `${key} is ${kept}, acknowledged was ${value}`).toBe(true);
		}
		const here = await agent.client.agent.services();
		const inCatalog = new Set((await agent.client.catalog.service("s")).value.map(({ ServiceID }) => ServiceID));
		for (const id of known.services) {
			expect(here, `service ${id} at the agent`).toHaveProperty([id]);
			expect(inCatalog.has(id), `service ${id} in the catalog`).toBe(true);
		}
		const writers = [0, 1, 2, 3].map((worker) => writeUntilGone(agent, round, worker, known));
		await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 250));
		await agent.kill("SIGKILL");
		await Promise.all(writers);
	}
	expect(known.values.size).toBe(3);
	expect(known.services.size).toBeGreaterThan(kills);
}, 240_000);

/** Whether `kept` is `acknowledged` (`ROUND.COUNT`) or a later one. */
function later(kept: string, acknowledged: string): boolean {
	const [keptRound = -1, keptCount = -1] = kept.split(".").map(Number);
	const [round = 0, count = 0] = acknowledged.split(".").map(Number);
	return keptRound > round || (keptRound === round && keptCount >= count);
}
