import { type Client, write } from "./clients.ts";
import type { Cluster } from "./cluster.ts";
import type { SimulatedServer } from "./server.ts";

const ttlMs = 10_000;
const lockDelayMs = 2_000;
const renewEveryMs = 2_500;

/** When a client could believe to hold the lock. */
interface Hold {
	readonly client: string;
	readonly session: string;
	readonly fromMs: number;
	untilMs: number;
}

/** What was granted, and whether two could believe to hold the lock at one time. */
export class LockHistory {
	readonly #world: Cluster;
	readonly #holds: Hold[] = [];

	constructor(world: Cluster) {
		this.#world = world;
	}

	get grantCount(): number {
		return this.#holds.length;
	}

	/** `askedMs`: when the lock was asked for. */
	granted(hold: Hold, askedMs: number, by: SimulatedServer): void {
		const { invariants } = this.#world;
		for (const other of this.#holds)
			if (other.untilMs > hold.fromMs && other.session !== hold.session)
				invariants.broken(
					`lock: ${hold.client} got it at ${hold.fromMs} while ${other.client} holds it until ${other.untilMs}`,
				);
		// Lock-delays are in servers' memory: who began after the session's end knows of none.
		for (const { session } of this.#holds) {
			const endMs = invariants.sessionEndMs(session);
			if (endMs === undefined || askedMs <= endMs || by.stateSinceMs >= endMs) continue;
			if (hold.fromMs < endMs + lockDelayMs)
				invariants.broken(
					`lock-delay: ${hold.client} got the lock ${hold.fromMs - endMs} ms after session ${session} ended`,
				);
		}
		this.#holds.push(hold);
		this.#world.trace(`${hold.client} holds the lock`);
	}
}

/** Until `ends`: a session, the lock, some work, and an end of one kind or another. */
export async function lockClient(client: Client, history: LockHistory, ends: () => boolean): Promise<void> {
	const { world, name } = client;
	while (!ends()) {
		await world.sleep(world.between(50, 500));
		try {
			await oneSession(client, history, ends);
		} catch {
			world.trace(`${name} gives up its session`);
		}
	}
}

async function oneSession(client: Client, history: LockHistory, ends: () => boolean): Promise<void> {
	const { world, name } = client;
	const value = new TextEncoder().encode(name);
	let renewedMs = world.clock.monotonicMs();
	const session = await client.ask((endpoints) =>
		endpoints.session.create(
			{ name, node: "node", behavior: "release", lockDelayMs, ttl: `${ttlMs}ms`, nodeChecks: [], serviceChecks: [] },
			write,
		),
	);
	let hold: Hold | undefined;
	const beganMs = world.clock.monotonicMs();
	const leaveMs = beganMs + world.between(1_000, 12_000);
	while (!ends() && world.clock.monotonicMs() < leaveMs) {
		const askedMs = world.clock.monotonicMs();
		if (askedMs - renewedMs >= renewEveryMs) {
			const found = await client.ask((endpoints) => endpoints.session.renew(session, write));
			if (found === undefined) return;
			renewedMs = askedMs;
			if (hold !== undefined) hold.untilMs = renewedMs + ttlMs;
		} else if (hold === undefined) {
			const got = await client.ask((endpoints) =>
				endpoints.kv.write({ operation: "lock", key: "lock", value, flags: 0n, session }, write),
			);
			if (got) {
				hold = { client: name, session, fromMs: world.clock.monotonicMs(), untilMs: renewedMs + ttlMs };
				history.granted(hold, askedMs, client.server);
			}
		}
		await world.sleep(world.between(100, 700));
	}
	if (hold !== undefined && world.chance(0.6)) {
		hold.untilMs = world.clock.monotonicMs();
		await client.ask((endpoints) =>
			endpoints.kv.write({ operation: "unlock", key: "lock", value, flags: 0n, session }, write),
		);
	} else if (world.chance(0.9)) {
		// Somebody ends the session of a holder: the lock-delay begins.
		if (hold !== undefined) hold.untilMs = world.clock.monotonicMs();
		await client.ask((endpoints) => endpoints.session.destroy(session, write));
	}
	// Otherwise it is left to its TTL.
}
