import { expect, it } from "vitest";
import type { Cluster } from "./cluster.ts";
import { changeAtLeader, mustStay } from "./mischief.ts";
import { runCluster } from "./run.ts";

const seedCount = process.env["DISCO_LONG"] === undefined ? 60 : 2_000;

/** Servers that vote, as whoever leads knows it. */
function voterIds(world: Cluster): string[] {
	const servers = world.leader?.log?.cluster().configuration.servers ?? [];
	return servers.filter(({ voter }) => voter).map(({ id }) => id);
}

/** One server becomes three, five, and one again, whichever is left, over and over. */
async function growAndShrink(world: Cluster, sizes: Set<number>, ends: () => boolean): Promise<void> {
	for (const wanted of [1, 3, 5, 1, 3, 1]) {
		for (let tries = 0; tries < 30 && !ends() && voterIds(world).length !== wanted; tries++) {
			const voters = voterIds(world);
			if (voters.length > 0) sizes.add(voters.length);
			const others = world.servers.filter(({ id }) => !voters.includes(id));
			if (voters.length === 0) await world.sleep(300);
			else if (voters.length > wanted) {
				const id = world.pick(voters);
				if (mustStay(world, id)) await world.leader?.log?.transferLeadership().catch(() => undefined);
				else await changeAtLeader(world, { kind: "remove", id });
			} else {
				const { id, address } = world.pick(others);
				await changeAtLeader(world, { kind: "add-non-voter", id, address });
				await world.sleep(world.between(0, 600));
				await changeAtLeader(world, { kind: "add-voter", id, address });
			}
		}
		if (ends()) return;
		await world.sleep(world.between(0, 4_000));
		const reached = voterIds(world).length;
		if (reached > 0) sizes.add(reached);
	}
}

it("one server grows to five and shrinks to one under faults, and nothing is lost", {
	timeout: 3_600_000,
}, async () => {
	const sums = { seeds: 0, elections: 0, acknowledgedWrites: 0, seenAlone: 0, seenFive: 0 };
	const seeds = process.env["SIM_SEED"] === undefined ? undefined : [Number(process.env["SIM_SEED"])];
	for (const seed of seeds ?? Array.from({ length: seedCount }, (_, at) => at + 1)) {
		await new Promise((resolve) => setImmediate(resolve));
		const sizes = new Set<number>();
		const result = await runCluster({
			seed,
			beginnerCount: 1,
			alongside: (world, ends) => growAndShrink(world, sizes, ends),
		});
		expect(result.breach, `seed ${seed}; SIM_SEED=${seed} npx vitest run --project sim growth`).toBeUndefined();
		sums.seeds++;
		sums.elections += result.elections;
		sums.acknowledgedWrites += result.acknowledgedWrites;
		if (sizes.has(1)) sums.seenAlone++;
		if (sizes.has(5)) sums.seenFive++;
	}
	process.stdout.write(`one server that grows: ${JSON.stringify(sums)}\n`);
	if (seeds !== undefined) return;
	expect(sums.seenAlone).toBeGreaterThan(seedCount / 2);
	expect(sums.seenFive).toBeGreaterThan(seedCount / 4);
	expect(sums.acknowledgedWrites).toBeGreaterThan(20 * sums.seeds);
});
