import { read } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";

/** `/v1/status`: the replicated log's view. */
export interface StatusClient {
	/** `address:port` of the leading server; empty while there is none. */
	leader(options?: CallOptions): Promise<string>;
	/** `address:port` of every server. */
	peers(options?: CallOptions): Promise<readonly string[]>;
}

export function createStatusClient(requester: Requester): StatusClient {
	return {
		leader: async (options) => (await read<string>(requester, v1("status", "leader"), options)).value,
		peers: async (options) => (await read<readonly string[]>(requester, v1("status", "peers"), options)).value,
	};
}
