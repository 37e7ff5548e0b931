import { expect, it } from "vitest";
import { between } from "../../lib/env/fake.ts";
import type { StateMachine } from "../raft/index.ts";
import { LocalLog } from "../raft/testing.ts";
import { Simulation, type Surroundings } from "./index.ts";

const addresses = ["10.0.0.1", "10.0.0.2"] as const;
const port = 8300;
const parcelCount = 40;
const faults = { delayMsMin: 1, delayMsMax: 80, lossRate: 0.2, duplicateRate: 0.1 };

/** What left a node as acknowledged, across its crashes. */
type Delivered = Set<string>;

/**
 * A node that sends numbered parcels to its peer until each is acknowledged, stores what it receives in its log, and
 * acknowledges what is stored. Enough to see loss, duplication, partition, crash and a slow disk at work.
 */
async function startNode(
	simulation: Simulation,
	self: string,
	peer: string,
	delivered: Delivered,
): Promise<ReadonlySet<string>> {
	const { clock, random, network, disk }: Surroundings = simulation.boot(self);
	const stored = new Set<string>();
	const machine: StateMachine<void> = {
		apply: (_, command) => void stored.add(new TextDecoder().decode(command)),
		snapshot: () => [new TextEncoder().encode(JSON.stringify([...stored]))],
		restore: async (pieces) => {
			for await (const piece of pieces)
				for (const name of JSON.parse(new TextDecoder().decode(piece))) stored.add(name);
		},
	};
	const log = new LocalLog({ disk, folder: "raft", random, machine, snapshotAfterEntries: 25 });
	await log.start();
	simulation.trace(`${self} has ${stored.size} parcels`);

	const send = (text: string) => socket.send(new TextEncoder().encode(text), { host: peer, port });
	const socket = await network.bindDatagram({ host: self, port }, (packet) => {
		const [kind, parcel = ""] = new TextDecoder().decode(packet).split(" ");
		simulation.trace(`${self} gets ${kind} ${parcel}`);
		if (kind === "stored") delivered.add(parcel);
		else if (stored.has(parcel)) send(`stored ${parcel}`);
		else
			log.propose(new TextEncoder().encode(parcel)).then(
				() => send(`stored ${parcel}`),
				() => undefined,
			);
	});
	const tick = () => {
		const due = Array.from({ length: parcelCount }, (_, at) => `${self}/${at}`).filter(
			(parcel) => !delivered.has(parcel),
		);
		for (const parcel of due.slice(0, 5)) send(`parcel ${parcel}`);
		clock.after(100, tick);
	};
	tick();
	return stored;
}

async function runSeed(seed: number): Promise<{ readonly hash: string; readonly events: number }> {
	const simulation = new Simulation({ seed, faults, diskDelayMsMax: 20 });
	const delivered: Delivered = new Set();
	const stored = new Map<string, ReadonlySet<string>>();
	const start = (at: 0 | 1) => {
		const [self, peer] = at === 0 ? addresses : ([addresses[1], addresses[0]] as const);
		void startNode(simulation, self, peer, delivered).then((parcels) => stored.set(self, parcels));
	};
	start(0);
	start(1);
	for (let round = 0; round < 6; round++) {
		await simulation.run(between(simulation.random, 100, 900));
		if (simulation.random.next() < 0.5) simulation.weather.cutOff(addresses[0]);
		else simulation.weather.heal();
		const victim = between(simulation.random, 0, 1) as 0 | 1;
		simulation.crash(addresses[victim]);
		await simulation.run(between(simulation.random, 0, 300));
		start(victim);
	}
	simulation.weather.heal();
	await simulation.run(15_000);

	// Nothing that was acknowledged is lost, and once the network is whole everything arrives.
	const everything = new Set([...stored.values()].flatMap((parcels) => [...parcels]));
	for (const parcel of delivered) expect(everything, `seed ${seed}: ${parcel} was acknowledged`).toContain(parcel);
	expect(delivered.size, `seed ${seed}: everything arrives`).toBe(2 * parcelCount);
	return { hash: simulation.traceHash(), events: simulation.eventCount };
}

it("two nodes deliver every parcel through loss, partitions and crashes; the same seed is the same run", async () => {
	const hashes = new Set<string>();
	for (let seed = 1; seed <= 20; seed++) {
		const first = await runSeed(seed);
		expect(first.events).toBeGreaterThan(100);
		expect(await runSeed(seed)).toEqual(first);
		hashes.add(first.hash);
	}
	expect(hashes.size).toBe(20);
});
