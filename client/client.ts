import { type AclClient, createAclClient } from "./acl.ts";
import { type AgentClient, createAgentClient } from "./agent.ts";
import { type CatalogClient, createCatalogClient } from "./catalog.ts";
import { type Changes, createChanges } from "./changes.ts";
import { type CoordinateClient, createCoordinateClient } from "./coordinate.ts";
import { createEventClient, type EventClient } from "./event.ts";
import { createHealthClient, type HealthClient } from "./health.ts";
import { createKvClient, type KvClient } from "./kv.ts";
import { createLocks, type Locks } from "./locks.ts";
import { createOperatorClient, type OperatorClient } from "./operator.ts";
import type { ClientOptions } from "./options.ts";
import { createPreparedQueryClient, type PreparedQueryClient } from "./prepared-query.ts";
import { createRequester, type Requester } from "./request.ts";
import { withRetries } from "./retrying.ts";
import { createSessionClient, type SessionClient } from "./session.ts";
import { createSnapshotClient, type SnapshotClient } from "./snapshot.ts";
import { createStatusClient, type StatusClient } from "./status.ts";
import { createTxnClient, type TxnClient } from "./txn.ts";

/** An agent's HTTP API: one field per family, and `request` for what has none. */
export interface Client extends Requester, Locks {
	readonly changes: Changes;
	readonly acl: AclClient;
	readonly agent: AgentClient;
	readonly catalog: CatalogClient;
	readonly health: HealthClient;
	readonly kv: KvClient;
	readonly coordinate: CoordinateClient;
	readonly event: EventClient;
	readonly operator: OperatorClient;
	readonly preparedQuery: PreparedQueryClient;
	readonly session: SessionClient;
	readonly snapshot: SnapshotClient;
	readonly status: StatusClient;
	readonly txn: TxnClient;
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
	const plain = createRequester(options);
	const requester = options.retry === undefined ? plain : withRetries(plain, options.retry);
	const kv = createKvClient(requester);
	const event = createEventClient(requester);
	const session = createSessionClient(requester);
	return {
		...requester,
		...createLocks({ kv, session }),
		changes: createChanges(requester, event),
		acl: createAclClient(requester),
		agent: createAgentClient(requester),
		catalog: createCatalogClient(requester),
		health: createHealthClient(requester),
		kv,
		coordinate: createCoordinateClient(requester),
		event,
		operator: createOperatorClient(requester),
		preparedQuery: createPreparedQueryClient(requester),
		session,
		snapshot: createSnapshotClient(requester),
		status: createStatusClient(requester),
		txn: createTxnClient(requester),
	};
}
