import type { Endpoints, StatusEndpoints } from "../endpoints.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import type { Caller } from "./caller.ts";

const question = { isRead: true, waitMs: 0 };

export function statusClient(caller: Caller): StatusEndpoints {
	const argumentOf = (datacenter = caller.datacenter) => ({
		...methods.leader.argument.zero,
		Datacenter: datacenter || caller.datacenter,
	});
	return {
		leader: (datacenter) => caller.call(methods.leader, argumentOf(datacenter), question),
		peers: async (datacenter) => (await caller.call(methods.peers, argumentOf(datacenter), question)) ?? [],
	};
}

/** Each server answers for itself. */
export function statusServed({ status }: Endpoints): ServedMethod[] {
	return [
		served(methods.ping, async () => ({})),
		served(methods.leader, ({ Datacenter }) => status.leader(Datacenter)),
		served(methods.peers, async ({ Datacenter }) => status.peers(Datacenter)),
	];
}
