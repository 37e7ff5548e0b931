import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { type CommandResult, stateMachine } from "../fsm/index.ts";
import { MemoryLog } from "../raft/index.ts";
import { type CheckContent, type Registration, type ServiceContent, StateStore } from "../state/index.ts";
import type { Endpoints, ReadOptions } from "./endpoints.ts";
import { createServerEndpoints } from "./server-endpoints.ts";
import { createLonelyServerPool } from "./server-pool.ts";

export const read: ReadOptions = { datacenter: "", token: "", consistency: "default", minIndex: 0, maxWaitMs: 10_000 };
export const write = { datacenter: "", token: "" };
export const bytes = (text: string) => new TextEncoder().encode(text);

/** A server in memory on a clock that stands still, with every family of endpoints. */
export async function startServer() {
	const clock = new FakeClock();
	const store = new StateStore({ wakeSlices: (slice) => void clock.after(0, slice) });
	const log = new MemoryLog<CommandResult>({ machine: stateMachine(store) });
	await log.start();
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
	}) as Required<Endpoints> & { readonly kv: Required<Endpoints["kv"]> };
	return { endpoints, clock, store, log };
}

export function serviceContent(name: string, fields: Partial<ServiceContent> = {}): ServiceContent {
	return {
		id: name,
		service: name,
		kind: "",
		tags: null,
		address: "",
		taggedAddresses: null,
		meta: null,
		port: 1,
		weights: { passing: 1, warning: 1 },
		enableTagOverride: false,
		...fields,
	};
}

export function checkContent(checkId: string, fields: Partial<CheckContent> = {}): CheckContent {
	return {
		checkId,
		name: checkId,
		status: "passing",
		notes: "",
		output: "",
		serviceId: "",
		serviceName: "",
		serviceTags: [],
		type: "",
		interval: "",
		timeout: "",
		exposedPort: 0,
		definition: {},
		...fields,
	};
}

export function registration(node: string, fields: Partial<Registration> = {}): Registration {
	return {
		node,
		id: "",
		address: "10.0.0.9",
		datacenter: "dc1",
		taggedAddresses: null,
		meta: null,
		skipNodeUpdate: false,
		checks: [],
		...fields,
	};
}
