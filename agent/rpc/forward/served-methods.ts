import type { Endpoints } from "../endpoints.ts";
import type { ServedMethod } from "../wire/rpc.ts";
import type { AnswerFilters } from "./answer-filters.ts";
import { catalogServed } from "./catalog.ts";
import { coordinateServed } from "./coordinate.ts";
import { healthServed } from "./health.ts";
import { internalServed } from "./internal.ts";
import { keyringServed } from "./keyring.ts";
import { kvServed } from "./kv.ts";
import { operatorServed } from "./operator.ts";
import { queryServed } from "./query.ts";
import { refusedMethods } from "./refused-methods.ts";
import { sessionServed } from "./session.ts";
import { statusServed } from "./status.ts";
import { txnServed } from "./txn.ts";

export interface ServedOptions {
	/** This server's. */
	readonly datacenter: string;
	/** For clients that leave it to the server; without them nothing is filtered. */
	readonly filters?: AnswerFilters;
	/** Spreads a user event that another agent has encoded, in the datacenter named: the name without prefix, and gossip's payload. */
	readonly fireEvent?: (datacenter: string, name: string, payload: Uint8Array) => Promise<void>;
}

/** What the server port answers by RPC. `endpoints`: a follower's forward to the leader what only that may answer. */
export function createServedMethods(endpoints: Endpoints, options: ServedOptions): ReadonlyMap<string, ServedMethod> {
	const all = [
		...statusServed(endpoints),
		...catalogServed(endpoints, options),
		...healthServed(endpoints, options),
		...kvServed(endpoints),
		...sessionServed(endpoints),
		...coordinateServed(endpoints),
		...queryServed(endpoints, options),
		...txnServed(endpoints),
		...operatorServed(endpoints),
		...internalServed(endpoints, options),
		...keyringServed(endpoints, options),
		...refusedMethods,
	];
	return new Map(all.map((method) => [method.name, method]));
}
