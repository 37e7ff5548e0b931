import type { Clock } from "../../lib/env/index.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { nodeClock, nodeRandom } from "../../lib/node/index.ts";
import { type CommandResult, stateMachine } from "../fsm/index.ts";
import { createLocalAgent, memoryStore } from "../local/index.ts";
import { MemoryLog } from "../raft/index.ts";
import { createServerEndpoints } from "../rpc/index.ts";
import { StateStore } from "../state/index.ts";
import { createHttpServer, type HttpConfig, type HttpServer, type HttpServerOptions } from "./index.ts";

export interface TestAgent {
	readonly base: string;
	readonly port: number;
	readonly server: HttpServer;
	readonly store: StateStore;
}

const opened: (() => Promise<void> | void)[] = [];

/** After each test. */
export async function closeAgents(): Promise<void> {
	for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close();
}

export const put = (url: string, body: unknown = "", headers: Record<string, string> = {}) =>
	fetch(url, { method: "PUT", body: typeof body === "string" ? body : JSON.stringify(body), headers });

export const list = async (url: string) => (await (await fetch(url)).json()) as Record<string, unknown>[];

/** An agent without checks and DNS, on a free port. */
export async function agent(
	config: Partial<HttpConfig> = {},
	parts: Partial<HttpServerOptions> = {},
	/** Of the endpoints: their waits, batches and delays. */
	rpcClock: Clock = nodeClock,
): Promise<TestAgent> {
	const store = new StateStore({ wakeSlices: (slice) => void setImmediate(slice) });
	const log = new MemoryLog<CommandResult>({ machine: stateMachine(store) });
	await log.start();
	const endpoints = createServerEndpoints({
		store,
		log,
		clock: rpcClock,
		random: nodeRandom,
		datacenter: "dc1",
		leaderAddress: () => "127.0.0.1:8300",
		peerAddresses: () => ["127.0.0.1:8300"],
	});
	const local = await createLocalAgent({
		identity: { id: "", node: "n1", address: "127.0.0.1", datacenter: "dc1", taggedAddresses: {}, meta: {} },
		own: { checks: [] },
		store: memoryStore,
		endpoints,
		runner: { start: () => {}, stop: () => {}, renew: () => {} },
		clock: nodeClock,
		random: nodeRandom,
		logger: silentLogger,
		members: () => [],
		scriptChecks: { api: false, file: false },
	});
	opened.push(() => local.close());
	const server = createHttpServer({
		config: {
			listen: [{ host: "127.0.0.1", port: 0 }],
			nodeName: "n1",
			datacenter: "dc1",
			pretty: false,
			scriptChecks: false,
			compat: false,
			...config,
		},
		endpoints,
		local,
		self: () => ({ Config: { NodeName: "n1" } }),
		reload: async () => {},
		leave: async () => {},
		logger: silentLogger,
		clock: nodeClock,
		...parts,
	});
	opened.push(() => server.close());
	const [address] = await server.start();
	if (address === undefined || !("port" in address)) throw new Error("no port");
	return { base: `http://127.0.0.1:${address.port}`, port: address.port, server, store };
}
