import type { Clock, Network } from "../../../lib/env/index.ts";
import type { Endpoints } from "../endpoints.ts";
import type { Caller } from "./caller.ts";
import { catalogClient } from "./catalog.ts";
import { coordinateClient } from "./coordinate.ts";
import { healthClient } from "./health.ts";
import { kvClient } from "./kv.ts";
import { operatorClient } from "./operator.ts";
import { queryClient } from "./query.ts";
import { sessionClient } from "./session.ts";
import { snapshotClient } from "./snapshot.ts";
import { statusClient } from "./status.ts";
import { txnClient } from "./txn.ts";

/** Every family asked over RPC; user events, which gossip carries, are not among them. */
export type RemoteEndpoints = Required<Omit<Endpoints, "event">>;

export function remoteEndpoints(
	caller: Caller,
	{ network, clock }: { readonly network: Network; readonly clock: Clock },
): RemoteEndpoints {
	return {
		catalog: catalogClient(caller),
		health: healthClient(caller),
		kv: kvClient(caller),
		status: statusClient(caller),
		session: sessionClient(caller),
		txn: txnClient(caller),
		query: queryClient(caller),
		coordinate: coordinateClient(caller),
		operator: operatorClient(caller),
		snapshot: snapshotClient({ network, clock, datacenter: caller.datacenter, address: () => caller.address() }),
	};
}
