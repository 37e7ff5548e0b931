import { DiscoError } from "../../../lib/errors.ts";
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
export function statusServed(
	{ status }: Endpoints,
	{ datacenter: own }: { readonly datacenter: string },
): ServedMethod[] {
	function requireOwn({ Datacenter: wanted }: { readonly Datacenter: string }): void {
		if (wanted === "" || wanted === own) return;
		throw new DiscoError("DATACENTER_UNKNOWN", `no path to datacenter ${JSON.stringify(wanted)}`);
	}

	return [
		served(methods.ping, async () => ({})),
		served(methods.leader, async (argument) => {
			requireOwn(argument);
			return status.leader();
		}),
		served(methods.peers, async (argument) => {
			requireOwn(argument);
			return status.peers();
		}),
	];
}
