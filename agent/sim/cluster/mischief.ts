import type { Cluster } from "./cluster.ts";
import type { SimulatedServer } from "./server.ts";

const badWeather = { delayMsMin: 1, delayMsMax: 400, lossRate: 0.1, duplicateRate: 0 };

/** What may go wrong; each ends by itself or by `calm`. */
const deeds: readonly (readonly [weight: number, deed: (world: Cluster) => Promise<void> | void])[] = [
	[6, (world) => restart(world, [world.pick(world.servers)])],
	[4, (world) => (world.leader === undefined ? undefined : restart(world, [world.leader]))],
	// A majority, and everything: what was acknowledged must be there again.
	[1, (world) => restart(world, world.servers.slice(0, Math.ceil(world.servers.length / 2)))],
	[1, (world) => restart(world, world.servers)],
	[4, (world) => pause(world, world.pick(world.servers))],
	[3, (world) => (world.leader === undefined ? undefined : pause(world, world.leader))],
	[5, (world) => separate(world, some(world))],
	[4, (world) => (world.leader === undefined ? undefined : separate(world, [world.leader]))],
	[2, (world) => oneWay(world)],
	[2, (world) => storm(world)],
	[2, (world) => slowDisk(world, world.pick(world.servers))],
	[2, (world) => world.pick(world.servers).breakDisk(world.pick(["append", "sync", "write"] as const))],
	[2, (world) => transfer(world)],
	[2, (world) => demoteAndPromote(world)],
	[2, (world) => removeAndAdd(world)],
];

/** Something every few seconds until `ends`. */
export async function mischief(world: Cluster, ends: () => boolean): Promise<void> {
	const total = deeds.reduce((sum, [weight]) => sum + weight, 0);
	while (!ends()) {
		await world.sleep(world.between(300, 3_500));
		if (ends()) return;
		let dice = world.random.next() * total;
		const chosen = deeds.find(([weight]) => {
			dice -= weight;
			return dice < 0;
		});
		void chosen?.[1](world);
		// Servers whose disk failed are repaired in the end.
		for (const server of world.servers) if (server.failedWith !== undefined && world.chance(0.5)) server.crash();
		for (const server of world.servers) if (!server.isOn && world.chance(0.3)) server.boot();
	}
}

/** Everything works again. */
export function calm(world: Cluster): void {
	world.weather.heal();
	world.improveWeather();
	for (const server of world.servers) {
		server.mendDisk();
		if (server.isPaused) server.resume();
		if (server.failedWith !== undefined) server.crash();
		if (!server.isOn) server.boot();
	}
}

function some(world: Cluster): SimulatedServer[] {
	const chosen = world.servers.filter(() => world.chance(0.5));
	return chosen.length === 0 ? [world.pick(world.servers)] : chosen;
}

async function restart(world: Cluster, servers: readonly SimulatedServer[]): Promise<void> {
	for (const server of servers) server.crash();
	for (const server of servers) {
		await world.sleep(world.between(50, 3_000));
		if (!server.isOn) server.boot();
	}
}

async function pause(world: Cluster, server: SimulatedServer): Promise<void> {
	if (!server.isUp || server.isPaused) return;
	server.pause();
	await world.sleep(world.between(200, 5_000));
	if (server.isPaused) server.resume();
}

async function separate(world: Cluster, servers: readonly SimulatedServer[]): Promise<void> {
	world.trace(`cut off: ${servers.map(({ id }) => id).join(" ")}`);
	world.weather.cutOff(...servers.map(({ id }) => id));
	await world.sleep(world.between(500, 7_000));
	world.weather.heal();
}

async function oneWay(world: Cluster): Promise<void> {
	const from = world.pick(world.servers);
	for (const to of some(world)) if (to !== from) world.weather.block(from.id, to.id);
	await world.sleep(world.between(500, 5_000));
	world.weather.heal();
}

async function storm(world: Cluster): Promise<void> {
	world.weather.change(badWeather);
	await world.sleep(world.between(1_000, 6_000));
	world.improveWeather();
}

async function slowDisk(world: Cluster, server: SimulatedServer): Promise<void> {
	server.diskDelayMsMax = world.pick([50, 300, 1_500]);
	await world.sleep(world.between(1_000, 8_000));
	server.diskDelayMsMax = 4;
}

async function transfer(world: Cluster): Promise<void> {
	await world.leader?.log?.transferLeadership().catch(() => undefined);
}

async function demoteAndPromote(world: Cluster): Promise<void> {
	const { id, address } = world.pick(world.servers);
	await changeAtLeader(world, { kind: "demote-voter", id });
	await world.sleep(world.between(500, 3_000));
	await changeAtLeader(world, { kind: "add-voter", id, address });
}

async function removeAndAdd(world: Cluster): Promise<void> {
	const { id, address } = world.pick(world.servers);
	await changeAtLeader(world, { kind: "remove", id });
	await world.sleep(world.between(500, 3_000));
	await changeAtLeader(world, { kind: "add-voter", id, address });
}

/**
 * In a small cluster nobody takes out the leader: of two servers, the one that has taken itself out and not told the other cannot lead
 * any more, and the other cannot either (docs/raft.md, to be done). It gives the leadership away first, as those that leave do.
 */
export function mustStay(world: Cluster, id: string): boolean {
	const { beginnerCount, serverCount } = world.options;
	return (beginnerCount ?? serverCount) !== serverCount && world.leader?.id === id;
}

type Change = Parameters<NonNullable<SimulatedServer["log"]>["changeMembership"]>[0];

/** Tried a few times, by whoever leads. */
export async function changeAtLeader(world: Cluster, change: Change): Promise<void> {
	for (let tries = 0; tries < 10; tries++) {
		try {
			const { leader } = world;
			if (change.kind === "remove" && mustStay(world, change.id)) return;
			// A removed server that is down would not come back for a vote that is needed.
			if (leader?.log !== undefined) {
				await Promise.race([leader.log.changeMembership(change), world.sleep(2_000)]);
				world.trace(`${change.kind} ${change.id}`);
				return;
			}
		} catch {}
		await world.sleep(500);
	}
}

/** Every server is a voter again. */
export async function restoreMembership(world: Cluster): Promise<void> {
	for (const { id, address } of world.servers) {
		const configured = () => world.leader?.log?.cluster().configuration.servers.find((server) => server.id === id);
		for (let tries = 0; tries < 40 && configured()?.voter !== true; tries++) {
			await changeAtLeader(world, { kind: "add-voter", id, address });
			await world.sleep(100);
		}
	}
}
