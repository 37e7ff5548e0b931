import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { type CommandResult, stateMachine } from "../fsm/index.ts";
import { MemoryLog } from "../raft/index.ts";
import { StateStore } from "../state/index.ts";
import type { Endpoints, ReadOptions } from "./endpoints.ts";
import { createServerEndpoints } from "./server-endpoints.ts";
import { createLonelyServerPool } from "./server-pool.ts";

export { checkContent, queryService, registration, serviceContent } from "../state/testing.ts";

export const read: ReadOptions = { datacenter: "", token: "", consistency: "default", minIndex: 0, maxWaitMs: 10_000 };
export const write = { datacenter: "", token: "" };
export const bytes = (text: string) => new TextEncoder().encode(text);

/** A server in memory on a clock that stands still, with every family of endpoints. `start: false`: it has no leader yet. */
export async function startServer({
	start = true,
	fakeClock: clock = new FakeClock(),
	...options
}: { readonly start?: boolean; readonly fakeClock?: FakeClock } & Partial<
	Parameters<typeof createServerEndpoints>[0]
> = {}) {
	const store = new StateStore({ wakeSlices: (slice) => void clock.after(0, slice) });
	const log = new MemoryLog<CommandResult>({ machine: stateMachine(store) });
	if (start) await log.start();
	const address = "10.0.0.1:8300";
	const endpoints = createServerEndpoints({
		store,
		log,
		clock,
		random: fakeRandom(1),
		datacenter: "dc1",
		leaderAddress: () => address,
		peerAddresses: () => [address],
		serverPool: createLonelyServerPool({ id: "id-1", node: "server-1", address, version: "1", log, clock }),
		...options,
	}) as Required<Endpoints> & { readonly kv: Required<Endpoints["kv"]> };
	return { endpoints, clock, store, log };
}
