import { DiscoError, errorCode } from "../../../lib/errors.ts";
import type { Cluster } from "./cluster.ts";
import type { RegisterOperation, TimedOperation } from "./linearizability.ts";
import type { SimulatedServer } from "./server.ts";

const requestTimeoutMs = 1_000;
/** Pause before another server is asked. */
const retryMs = 100;
export const write = { datacenter: "", token: "" };
const current = { ...write, consistency: "consistent", minIndex: 0, maxWaitMs: 0 } as const;
const text = new TextEncoder();

export type Endpoints = NonNullable<SimulatedServer["endpoints"]>;

const down = new DiscoError("NO_LEADER", "the server is down");

/** The request was never made: another server may be asked without doing something twice. */
const refusals = new Set(["NO_LEADER", "LOG_BUSY", "LEADERSHIP_TRANSFERRING", "LOG_CLOSED"]);

class Unanswered extends Error {}

/** A client's connection to the cluster: one server until it refuses or fails, then another. */
export class Client {
	readonly world: Cluster;
	readonly name: string;
	server: SimulatedServer;

	constructor(world: Cluster, name: string) {
		this.world = world;
		this.name = name;
		this.server = world.pick(world.servers);
	}

	/** Asks until a server takes the request; `Unanswered` when its outcome is not known. */
	async ask<Value>(act: (endpoints: Endpoints) => Promise<Value>, triesMax = 20): Promise<Value> {
		for (let tries = 0; tries < triesMax; tries++) {
			try {
				return await this.#askOnce(act);
			} catch (error) {
				if (!refusals.has(errorCode(error) ?? "")) {
					// A server that does not answer may be cut off: some clients look for another, some stay.
					if (this.world.chance(0.5)) this.server = this.world.pick(this.world.servers);
					throw error;
				}
			}
			this.server = this.world.pick(this.world.servers);
			await this.world.sleep(retryMs);
		}
		throw new NotDone("no leader for a long time");
	}

	#askOnce<Value>(act: (endpoints: Endpoints) => Promise<Value>): Promise<Value> {
		const { world, server } = this;
		return new Promise((resolve, reject) => {
			const timeout = world.clock.after(requestTimeoutMs, () => reject(new Unanswered("time is over")));
			const refused = () => {
				timeout.cancel();
				reject(down);
			};
			if (!server.isUp) {
				refused();
				return;
			}
			const back = (settle: () => void) =>
				void world.clock.after(world.between(0, 3), () => {
					timeout.cancel();
					settle();
				});
			server.gatedClock.after(world.between(0, 3), () => {
				const { endpoints } = server;
				if (endpoints === undefined || !server.isUp) return back(refused);
				act(endpoints).then(
					(value) => back(() => resolve(value)),
					(error) => back(() => reject(isRefusal(error) ? error : new Unanswered(String(error)))),
				);
			});
		});
	}
}

/** Nothing was done. */
class NotDone extends Error {}

function isRefusal(error: unknown): boolean {
	return refusals.has(errorCode(error) ?? "");
}

/** Reads and writes keys; each key's history is checked by itself (Herlihy & Wing: linearizability is local). */
export class KeyHistories {
	readonly #operations = new Map<string, TimedOperation[]>();
	acknowledgedWrites = 0;

	entries(): IterableIterator<[string, TimedOperation[]]> {
		return this.#operations.entries();
	}

	add(key: string, operation: TimedOperation): void {
		const list = this.#operations.get(key) ?? [];
		this.#operations.set(key, list);
		list.push(operation);
		if (operation.operation.kind !== "read" && Number.isFinite(operation.returnedMs)) this.acknowledgedWrites++;
	}
}

/** Until `ends`: one operation after the other on the keys, with pauses. */
export async function keyClient(
	client: Client,
	histories: KeyHistories,
	keys: readonly string[],
	ends: () => boolean,
): Promise<void> {
	const { world, name } = client;
	const seen = new Map<string, { readonly value: string | undefined; readonly index: number }>();
	for (let count = 1; !ends(); count++) {
		await world.sleep(world.between(20, 600));
		const key = world.pick(keys);
		const value = `${name}.${count}`;
		const dice = world.random.next();
		const known = seen.get(key);
		if (dice < 0.4) seen.set(key, (await readKey(client, histories, key)) ?? { value: undefined, index: 0 });
		else if (dice < 0.7 || known === undefined)
			await change(client, histories, key, { kind: "write", value }, (endpoints) =>
				endpoints.kv.write({ operation: "set", key, value: text.encode(value), flags: 0n }, write),
			);
		else if (dice < 0.75)
			await change(client, histories, key, { kind: "write", value: undefined }, (endpoints) =>
				endpoints.kv.write({ operation: "delete", key }, write),
			);
		else {
			const { value: expected, index } = known;
			seen.delete(key);
			await change(client, histories, key, { kind: "cas", expected, value, success: undefined }, (endpoints) =>
				endpoints.kv.write({ operation: "cas", key, value: text.encode(value), flags: 0n, index }, write),
			);
		}
	}
}

export async function readKey(
	client: Client,
	histories: KeyHistories,
	key: string,
	triesMax = 20,
): Promise<{ readonly value: string | undefined; readonly index: number } | undefined> {
	const { world, name } = client;
	const invokedMs = world.clock.monotonicMs();
	try {
		const { value: record } = await client.ask((endpoints) => endpoints.kv.get(key, current), triesMax);
		const value = record === undefined ? undefined : new TextDecoder().decode(record.value);
		const returnedMs = world.clock.monotonicMs();
		histories.add(key, { client: name, operation: { kind: "read", value }, invokedMs, returnedMs });
		return { value, index: record?.modifyIndex ?? 0 };
	} catch {
		// A read without an answer says nothing.
		return undefined;
	}
}

async function change(
	client: Client,
	histories: KeyHistories,
	key: string,
	operation: Exclude<RegisterOperation, { kind: "read" }>,
	act: (endpoints: Endpoints) => Promise<boolean>,
): Promise<void> {
	const { world, name } = client;
	const invokedMs = world.clock.monotonicMs();
	try {
		const success = await client.ask(act);
		const returnedMs = world.clock.monotonicMs();
		const known = operation.kind === "cas" ? { ...operation, success } : operation;
		histories.add(key, { client: name, operation: known, invokedMs, returnedMs });
		world.trace(`${name} ${operation.kind} ${key} ${operation.value} ${success}`);
	} catch (error) {
		if (error instanceof NotDone) return;
		const unknown = operation.kind === "cas" ? { ...operation, success: undefined } : operation;
		histories.add(key, { client: name, operation: unknown, invokedMs, returnedMs: Number.POSITIVE_INFINITY });
	}
}
