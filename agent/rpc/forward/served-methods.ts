import type { Endpoints } from "../endpoints.ts";
import type { ServedMethod } from "../wire/rpc.ts";
import { kvServed } from "./kv.ts";
import { statusServed } from "./status.ts";

/** What the server port answers by RPC. `endpoints`: a follower's forward to the leader what only that may answer. */
export function createServedMethods(endpoints: Endpoints): ReadonlyMap<string, ServedMethod> {
	const all = [...statusServed(endpoints), ...kvServed(endpoints)];
	return new Map(all.map((method) => [method.name, method]));
}
