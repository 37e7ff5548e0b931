import { type AgentClient, createAgentClient } from "./agent.ts";
import { type CatalogClient, createCatalogClient } from "./catalog.ts";
import { createHealthClient, type HealthClient } from "./health.ts";
import { createKvClient, type KvClient } from "./kv.ts";
import type { ClientOptions } from "./options.ts";
import { createRequester, type Requester } from "./request.ts";
import { createStatusClient, type StatusClient } from "./status.ts";

/** An agent's HTTP API: one field per family, and `request` for what has none. */
export interface Client extends Requester {
	readonly agent: AgentClient;
	readonly catalog: CatalogClient;
	readonly health: HealthClient;
	readonly kv: KvClient;
	readonly status: StatusClient;
}

/**
 * A client of the agent at `options.address`. It opens connections when they are needed; `close()` ends them.
 *
 * Every call fails with one of `AGENT_UNREACHABLE`, `REQUEST_TIMEOUT` (both may be retried), `REQUEST_ABORTED`, `TLS_FAILED`,
 * `TLS_FILE_UNREADABLE`, `ANSWER_INVALID`, `ANSWER_TOO_LARGE`, or `HTTP_STATUS` (`HttpStatusError`, with status and text).
 *
 * Error of this function: `ADDRESS_INVALID`.
 */
export function createClient(options: ClientOptions = {}): Client {
	const requester = createRequester(options);
	return {
		...requester,
		agent: createAgentClient(requester),
		catalog: createCatalogClient(requester),
		health: createHealthClient(requester),
		kv: createKvClient(requester),
		status: createStatusClient(requester),
	};
}
