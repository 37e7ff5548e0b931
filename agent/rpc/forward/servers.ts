import type { Address, Clock, Network } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { createDeadlines, type Deadlines } from "../deadlines.ts";
import type { CalledMethod, Method } from "../wire/rpc.ts";
import { RpcClient } from "../wire/rpc-client.ts";
import type { CallOptions } from "../wire/rpc-stream.ts";

/** Connections to servers, one each, made when first needed. Addresses are `host:port`. */
export interface Servers {
	/** Fails as `RpcClient.call` does. */
	call<Argument, Reply>(
		address: string,
		method: CalledMethod<Argument, Reply>,
		argument: Argument,
		options: CallOptions,
	): Promise<Reply>;
	/** Closes connections to all but these. */
	keepOnly(addresses: readonly string[]): void;
	close(): Promise<void>;
}

export function createServers(parts: {
	readonly network: Network;
	readonly clock: Clock;
	readonly connectTimeoutMs?: number;
}): Servers {
	const { clock } = parts;
	const clients = new Map<string, RpcClient>();
	const deadlines: Deadlines = createDeadlines(clock);

	function clientOf(address: string): RpcClient {
		let client = clients.get(address);
		if (client === undefined) {
			client = new RpcClient({ ...parts, deadlines, to: parseAddress(address) });
			clients.set(address, client);
		}
		return client;
	}

	return {
		call: async (address, method, argument, options) => clientOf(address).call(method, argument, options),
		keepOnly(addresses) {
			for (const [address, client] of clients) {
				if (addresses.includes(address)) continue;
				clients.delete(address);
				void client.close();
			}
		},
		async close() {
			const all = [...clients.values()];
			clients.clear();
			await Promise.all(all.map((client) => client.close()));
		},
	};
}

/** One call, on a connection of its own. Fails as `RpcClient.call` does. */
export async function callServer<Argument, Reply>(
	parts: { readonly network: Network; readonly clock: Clock },
	address: string,
	{
		method,
		argument,
		timeoutMs,
	}: {
		readonly method: Method<Argument, Reply>;
		readonly argument?: Partial<Argument>;
		readonly timeoutMs: number;
	},
): Promise<Reply> {
	const client = new RpcClient({ ...parts, to: parseAddress(address) });
	try {
		return await client.call(method, { ...method.argument.zero, ...argument }, { timeoutMs });
	} finally {
		await client.close();
	}
}

/** Of `host:port` or `[IPv6]:port`. */
export function parseAddress(text: string): Address {
	const [, host, port] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(text) ?? [];
	if (host === undefined)
		throw new DiscoError("ADDRESS_INVALID", `"${text}" is no address of a server; it is HOST:PORT`);
	return { host, port: Number(port) };
}
