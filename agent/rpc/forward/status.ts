import type { Endpoints, StatusEndpoints } from "../endpoints.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import type { Caller } from "./caller.ts";

const question = { isRead: true, waitMs: 0 };

export function statusClient(caller: Caller): StatusEndpoints {
	return {
		leader: () => caller.call(methods.leader, methods.leader.argument.zero, question),
		peers: async () => (await caller.call(methods.peers, methods.peers.argument.zero, question)) ?? [],
	};
}

/** Each server answers for itself. */
export function statusServed({ status }: Endpoints): ServedMethod[] {
	return [
		served(methods.ping, async () => ({})),
		served(methods.leader, () => status.leader()),
		served(methods.peers, () => status.peers()),
	];
}
