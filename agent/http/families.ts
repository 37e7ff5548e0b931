import { DiscoError } from "../../lib/errors.ts";
import type { Endpoints } from "../rpc/index.ts";

type OptionalFamily = "session" | "txn" | "query" | "coordinate" | "event" | "operator" | "snapshot";

/** Endpoints that an agent has only when it knows a server. Fails with `NO_LEADER`, to be asked again later. */
export function family<Name extends OptionalFamily>(endpoints: Endpoints, name: Name): NonNullable<Endpoints[Name]> {
	const found = endpoints[name];
	if (found !== undefined) return found;
	throw new DiscoError("NO_LEADER", "no server is known", { retryable: true });
}
