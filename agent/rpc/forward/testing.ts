import { type FakeClock, FakeNetwork, fakeRandom } from "../../../lib/env/fake.ts";
import type { Clock, Network, Random } from "../../../lib/env/index.ts";
import { silentLogger } from "../../../lib/log/index.ts";
import type { Endpoints } from "../endpoints.ts";
import { startServer } from "../testing.ts";
import {
	createForwardingEndpoints,
	createServedMethods,
	type ForwardingOptions,
	listenOnServerPort,
	serveSnapshots,
} from "./index.ts";

export const serverHost = "10.0.0.1";
export const serverAddress = `${serverHost}:8300`;

/** The server port of these endpoints, at `host` on the port given (0: a free one). */
export function serve(
	endpoints: Endpoints,
	{
		network,
		clock,
		host,
		port,
		datacenter = "dc1",
		fireEvent,
	}: {
		readonly network: Network;
		readonly clock: Clock;
		readonly host: string;
		readonly port: number;
		readonly datacenter?: string;
		readonly fireEvent?: (datacenter: string, name: string, payload: Uint8Array) => Promise<void>;
	},
) {
	return listenOnServerPort({
		network,
		clock,
		host,
		port,
		methods: createServedMethods(endpoints, { datacenter, ...(fireEvent === undefined ? {} : { fireEvent }) }),
		onRaft: async () => undefined,
		onSnapshot: serveSnapshots(endpoints),
	});
}

/** What a client agent has. */
export function clientOf(
	parts: {
		readonly network: Network;
		readonly clock: Clock;
		readonly random?: Random;
		readonly servers: readonly string[];
	},
	options: Partial<ForwardingOptions> = {},
) {
	const { network, clock, servers, random = fakeRandom(2) } = parts;
	const endpoints = createForwardingEndpoints({
		network,
		clock,
		random,
		logger: silentLogger,
		datacenter: "dc1",
		own: undefined,
		leads: () => false,
		leaderAddress: () => "",
		servers: () => servers,
		event: undefined,
		...options,
	});
	return endpoints as Required<typeof endpoints> & { readonly kv: Required<Endpoints["kv"]> };
}

/** A server and a client in one process, on a clock and a network of their own. */
export async function startPair(options: Parameters<typeof startServer>[0] = {}) {
	const server = await startServer(options);
	const { clock } = server;
	const network = new FakeNetwork({ clock });
	await serve(server.endpoints, { network: network.host(serverHost), clock, host: serverHost, port: 8300 });
	const clientNetwork = network.host("10.0.0.2");
	const client = clientOf({ network: clientNetwork, clock, servers: [serverAddress] });
	return {
		...server,
		client,
		network,
		clientNetwork,
		during: <Value>(promise: Promise<Value>) => during(clock, promise),
	};
}

/** Moves the clock by as much as the promise needs, step by step, `limitMs` at most. */
export async function during<Value>(
	clock: FakeClock,
	promise: Promise<Value>,
	{ limitMs = 1_000, stepMs = 1 }: { readonly limitMs?: number; readonly stepMs?: number } = {},
): Promise<Value> {
	let isOver = false;
	const over = () => {
		isOver = true;
	};
	promise.then(over, over);
	for (let passedMs = 0; passedMs < limitMs && !isOver; passedMs += stepMs) await clock.advanceAsync(stepMs);
	if (!isOver) throw new Error(`not settled within ${limitMs} ms`);
	return promise;
}
