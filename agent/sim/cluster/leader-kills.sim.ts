import { expect, it } from "vitest";
import { Client, write } from "./clients.ts";
import { Cluster } from "./cluster.ts";

const killCount = 1_000;
/** Raft multiplier 1; the reference was seen to take 2.3 to 4.0 s. */
const medianMsMax = 2_000;

it("writes go on soon after the leader's power is cut", { timeout: 600_000 }, async () => {
	const world = new Cluster({ seed: 1, serverCount: 3 });
	const waitedMs: number[] = [];
	let done = false;
	void (async () => {
		for (const server of world.servers) server.boot(true);
		const client = new Client(world, "w");
		const set = (key: string) =>
			client.ask(
				(endpoints) => endpoints.kv.write({ operation: "set", key, value: new Uint8Array(), flags: 0n }, write),
				1e3,
			);
		while (waitedMs.length < killCount) {
			await set("before").catch(() => undefined);
			await world.sleep(world.between(2_000, 3_000));
			const { leader } = world;
			if (leader === undefined) continue;
			leader.crash();
			const beganMs = world.clock.monotonicMs();
			while (!(await set("after").catch(() => false)));
			waitedMs.push(Math.round(world.clock.monotonicMs() - beganMs));
			leader.boot();
		}
		done = true;
	})();
	while (!done) await world.run(10_000);
	waitedMs.sort((a, b) => a - b);
	const at = (part: number) => waitedMs[Math.floor((waitedMs.length - 1) * part)];
	process.stdout.write(
		`${killCount} leaders killed, writes waited (ms): least ${at(0)}, half ${at(0.5)}, 9 of 10 ${at(0.9)}, 99 of 100 ${at(0.99)}, most ${at(1)}\n`,
	);
	expect(world.invariants.breach).toBeUndefined();
	// Simulated time: the same on every machine.
	expect(at(0.5)).toBeLessThan(medianMsMax);
});
