import { Client, KeyHistories, keyClient, readKey, write } from "./clients.ts";
import { Cluster } from "./cluster.ts";
import { isLinearizable } from "./linearizability.ts";
import { LockHistory, lockClient } from "./lock-clients.ts";
import { calm, mischief, restoreMembership } from "./mischief.ts";
import type { Sabotage } from "./world.ts";

const keys = ["k1", "k2", "k3"] as const;
/** After the faults are over, everybody must agree within this time. */
const settlingMs = 30_000;

export interface RunResult {
	/** What is wrong, or undefined. */
	readonly breach: string | undefined;
	readonly hash: string;
	readonly events: number;
	readonly elections: number;
	readonly acknowledgedWrites: number;
	readonly lockGrants: number;
	readonly entries: number;
}

/** A cluster of servers and clients for a minute of faults, then calm; everything it did is judged. */
export async function runCluster(options: {
	readonly seed: number;
	readonly serverCount?: number;
	readonly faultsMs?: number;
	/** As in `WorldOptions`. */
	readonly beginnerCount?: number;
	/** Beside clients and faults. */
	readonly alongside?: (world: Cluster, ends: () => boolean) => Promise<void>;
	readonly sabotage?: Sabotage;
}): Promise<RunResult> {
	// Nobody looks at the stacks of refused requests, which cost more than the rest of them.
	Error.stackTraceLimit = 0;
	const { seed, serverCount = 5, faultsMs = 60_000, beginnerCount = serverCount, alongside, sabotage } = options;
	const world = new Cluster({ seed, serverCount, beginnerCount, ...(sabotage === undefined ? {} : { sabotage }) });
	const histories = new KeyHistories();
	const locks = new LockHistory(world);
	let judged = false;
	void (async () => {
		for (const [at, server] of world.servers.entries()) server.boot(at < beginnerCount);
		await registerNode(world);
		const ends = () => world.clock.monotonicMs() >= faultsMs;
		const work = [
			...["a", "b", "c"].map((name) => keyClient(new Client(world, name), histories, keys, ends)),
			...["d", "e", "f"].map((name) => lockClient(new Client(world, name), locks, ends)),
			mischief(world, ends),
			...(alongside === undefined ? [] : [alongside(world, ends)]),
		];
		await Promise.all(work);
	})();
	await world.run(faultsMs);
	calm(world);
	void (async () => {
		await world.sleep(3_000);
		calm(world);
		await restoreMembership(world);
		const reader = new Client(world, "r");
		for (const key of keys)
			if ((await readKey(reader, histories, key, 100)) === undefined)
				world.invariants.broken(`liveness: no answer for ${key}`);
		while (!agreed(world)) await world.sleep(200);
		await judgeStates(world);
		judged = true;
	})();
	for (let waitedMs = 0; waitedMs < settlingMs && !judged; waitedMs += 500) await world.run(500);
	if (!judged) world.invariants.broken(`liveness: no agreement ${settlingMs} ms after the last fault: ${told(world)}`);
	for (const [key, history] of histories.entries())
		if (!isLinearizable(history)) world.invariants.broken(`linearizability: ${key}`);
	return {
		breach: world.invariants.breach,
		hash: world.traceHash(),
		events: world.eventCount,
		elections: world.invariants.electionCount,
		acknowledgedWrites: histories.acknowledgedWrites,
		lockGrants: locks.grantCount,
		entries: world.invariants.appliedCount,
	};
}

/** Sessions belong to a node of the catalog. */
async function registerNode(world: Cluster): Promise<void> {
	const client = new Client(world, "registrar");
	for (;;) {
		try {
			await client.ask((endpoints) =>
				endpoints.catalog.register(
					{
						node: "node",
						id: "",
						address: "10.9.9.9",
						datacenter: "dc1",
						taggedAddresses: null,
						meta: null,
						skipNodeUpdate: false,
						checks: [],
					},
					write,
				),
			);
			return;
		} catch {
			await world.sleep(200);
		}
	}
}

function agreed(world: Cluster): boolean {
	const states = world.servers.map(({ log }) => log?.state());
	const [first] = states;
	return (
		world.leader !== undefined &&
		states.every(
			(state) => state !== undefined && state.lastIndex === first?.lastIndex && state.appliedIndex === state.lastIndex,
		)
	);
}

/** State machines are equal, and so are the logs as far as they are held (log matching). */
async function judgeStates(world: Cluster): Promise<void> {
	const snapshots = await Promise.all(
		world.servers.map(async ({ store }) => JSON.stringify((await store?.kvListInSlices(""))?.value, plain)),
	);
	const sessions = world.servers.map(({ store }) => JSON.stringify(store?.sessions().value, plain));
	for (const all of [snapshots, sessions])
		if (new Set(all).size > 1) world.invariants.broken("state machines differ after everything was applied");
	const last = world.servers[0]?.log?.state().lastIndex ?? 0;
	for (let index = last; index > 0; index--) {
		const terms = world.servers.map(({ log }) => log?.termAt(index)).filter((term) => term !== undefined);
		if (terms.length === 0) break;
		if (new Set(terms).size > 1) world.invariants.broken(`log matching: entry ${index} has terms ${terms.join(" ")}`);
	}
}

/** Equal records give equal text, however they were made. */
function plain(_: string, value: unknown): unknown {
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
	return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function told(world: Cluster): string {
	return world.servers
		.map(({ id, log, failedWith }) => {
			const state = log?.state();
			return `${id} ${failedWith?.message ?? state?.role} t${state?.term} ${state?.appliedIndex}/${state?.lastIndex}`;
		})
		.join(", ");
}
