export type {
	AutopilotContent,
	AutopilotRecord,
	CheckContent,
	CheckRecord,
	Coordinate,
	CoordinateRecord,
	Deregistration,
	InstanceRecord,
	KvHistoryRule,
	KvRecord,
	KvRevision,
	KvWrite,
	NodeContent,
	NodeRecord,
	PreparedQueryContent,
	PreparedQueryRecord,
	Registration,
	ServiceAddress,
	ServiceContent,
	ServiceRecord,
	SessionRecord,
	StringMap,
	TxnError,
	TxnOperation,
	TxnOutcome,
	TxnResult,
} from "../state/index.ts";
export { checkTypeOf } from "./check-type.ts";
export type {
	Answer,
	AutopilotHealth,
	CoordinateEndpoints,
	DatacenterCoordinates,
	Endpoints,
	EndSignal,
	EventEndpoints,
	KeyringOperation,
	KeyringPoolReport,
	KeyringQuestion,
	KeyringReport,
	OperatorEndpoints,
	QueryEndpoints,
	QueryExecution,
	QuerySource,
	RaftServer,
	ReadOptions,
	ServerHealth,
	SessionEndpoints,
	SessionRequest,
	SnapshotEndpoints,
	TxnAnswer,
	TxnEndpoints,
	UserEvent,
	WriteOptions,
} from "./endpoints.ts";
export { referenceText } from "./error-texts.ts";
export { type EventAudience, eventEndpoints } from "./event.ts";
export type { Leadership } from "./leadership.ts";
export { autopilotDefaults } from "./operator.ts";
export { createServerEndpoints } from "./server-endpoints.ts";
export { createLonelyServerPool, lastPeer, type ServerPool } from "./server-pool.ts";
export { isReadOnlyTxn } from "./txn.ts";
