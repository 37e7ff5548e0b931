/** The HTTP API of an agent (disco's or Consul's) as a typed library. */
export type * from "../lib/api/index.ts";
export { DiscoError } from "../lib/errors.ts";
export type {
	AclAuthMethodRequest,
	AclBindingRuleRequest,
	AclClient,
	AclPolicyRequest,
	AclRoleRequest,
	AclTokenFilter,
	AclTokenRequest,
} from "./acl.ts";
export type * from "./acl-shapes.ts";
export { type AgentAddress, defaultAddress, parseAgentAddress } from "./address.ts";
export type {
	AgentClient,
	AgentReachability,
	AgentSelf,
	AgentServiceHealth,
	AgentTokenName,
	MemberReachability,
} from "./agent.ts";
export type { AgentMetrics, SampledMetric } from "./agent-metrics.ts";
export type { CatalogClient, CatalogNode, CatalogNodeServices } from "./catalog.ts";
export type { Change, Changes, ChangesOptions } from "./changes.ts";
export { type Client, createClient } from "./client.ts";
export type {
	Coordinate,
	CoordinateClient,
	DatacenterCoordinates,
	NodeCoordinate,
	NodeCoordinateUpdate,
} from "./coordinate.ts";
export { clientOptionsFromEnvironment, parseBasicAuth, readTokenFile } from "./environment.ts";
export { type ClientError, type ClientErrorCode, HttpStatusError, isClientError, isHttpStatus } from "./errors.ts";
export type { EventClient, EventFireOptions, EventListOptions, UserEvent } from "./event.ts";
export type { HealthClient, HealthServiceOptions } from "./health.ts";
export { type KvClient, type KvDeleteOptions, type KvPutOptions, type KvRevision, kvBytes, kvText } from "./kv.ts";
export { acquireLock, type HeldLock, type LockingClient, type LockOptions } from "./lock.ts";
export type { LockRequest, Locks } from "./locks.ts";
export type {
	AutopilotConfiguration,
	AutopilotHealth,
	AutopilotState,
	Keyring,
	OperatorClient,
	RaftConfiguration,
	RaftServer,
} from "./operator.ts";
export type { ClientOptions, ClientTls, ReadRetries } from "./options.ts";
export type {
	PreparedQuery,
	PreparedQueryAnswer,
	PreparedQueryClient,
	PreparedQueryExplanation,
} from "./prepared-query.ts";
export type { ReadOptions, ReadResult } from "./read.ts";
export type { Answer, CallOptions, QueryValue, Requester, RequestOptions } from "./request.ts";
export { type RetryOptions, retry } from "./retry.ts";
export type { Session, SessionClient, SessionRequest } from "./session.ts";
export type { SnapshotClient } from "./snapshot.ts";
export type { StatusClient } from "./status.ts";
export type { StreamedAnswer } from "./transport.ts";
export type {
	TxnCatalogVerb,
	TxnCheckOperation,
	TxnClient,
	TxnKvOperation,
	TxnMixedResult,
	TxnNodeOperation,
	TxnOperation,
	TxnRecord,
	TxnRefusal,
	TxnResult,
	TxnServiceOperation,
} from "./txn.ts";
export { type WatchFailure, type WatchOptions, type WatchQuery, watch } from "./watch.ts";
