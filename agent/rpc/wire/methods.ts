import { bool, type Codec, list, string } from "../../../lib/msgpack/index.ts";
import {
	checksInStateRequest,
	dcSpecificRequest,
	deregisterRequest,
	indexedCheckServiceNodes,
	indexedGatewayServices,
	indexedHealthChecks,
	indexedNodeDump,
	indexedNodeServiceList,
	indexedNodeServices,
	indexedNodes,
	indexedServiceDump,
	indexedServiceNodes,
	indexedServices,
	nodeSpecificRequest,
	registerRequest,
	serviceSpecificRequest,
} from "./catalog-structs.ts";
import { datacenterRequest, empty } from "./common.ts";
import type { Method } from "./rpc.ts";
import * as structs from "./structs.ts";

function method<Argument, Reply>(
	name: string,
	argument: Codec<Argument>,
	reply: Codec<Reply>,
): Method<Argument, Reply> {
	return { name, argument, reply };
}

/** What is spoken between agents; names and fields are the reference's. */
export const methods = {
	ping: method("Status.Ping", empty, empty),
	leader: method("Status.Leader", datacenterRequest, string),
	peers: method("Status.Peers", datacenterRequest, list(string)),

	register: method("Catalog.Register", registerRequest, empty),
	deregister: method("Catalog.Deregister", deregisterRequest, empty),
	gatewayServices: method("Catalog.GatewayServices", serviceSpecificRequest, indexedGatewayServices),
	datacenters: method("Catalog.ListDatacenters", datacenterRequest, list(string)),
	nodes: method("Catalog.ListNodes", dcSpecificRequest, indexedNodes),
	services: method("Catalog.ListServices", dcSpecificRequest, indexedServices),
	serviceNodes: method("Catalog.ServiceNodes", serviceSpecificRequest, indexedServiceNodes),
	nodeServices: method("Catalog.NodeServices", nodeSpecificRequest, indexedNodeServices),
	nodeServiceList: method("Catalog.NodeServiceList", nodeSpecificRequest, indexedNodeServiceList),

	healthServiceNodes: method("Health.ServiceNodes", serviceSpecificRequest, indexedCheckServiceNodes),
	serviceChecks: method("Health.ServiceChecks", serviceSpecificRequest, indexedHealthChecks),
	nodeChecks: method("Health.NodeChecks", nodeSpecificRequest, indexedHealthChecks),
	checksInState: method("Health.ChecksInState", checksInStateRequest, indexedHealthChecks),

	kvApply: method("KVS.Apply", structs.kvsRequest, bool),
	kvGet: method("KVS.Get", structs.keyRequest, structs.indexedDirEntries),
	kvList: method("KVS.List", structs.keyRequest, structs.indexedDirEntries),
	kvListKeys: method("KVS.ListKeys", structs.keyListRequest, structs.indexedKeyList),

	sessionApply: method("Session.Apply", structs.sessionRequest, string),
	sessionGet: method("Session.Get", structs.sessionSpecificRequest, structs.indexedSessions),
	sessionList: method("Session.List", structs.sessionSpecificRequest, structs.indexedSessions),
	sessionsOfNode: method("Session.NodeSessions", nodeSpecificRequest, structs.indexedSessions),
	sessionRenew: method("Session.Renew", structs.sessionSpecificRequest, structs.indexedSessions),

	coordinateUpdate: method("Coordinate.Update", structs.coordinateUpdateRequest, empty),
	coordinates: method("Coordinate.ListNodes", dcSpecificRequest, structs.indexedCoordinates),
	coordinateDatacenters: method("Coordinate.ListDatacenters", datacenterRequest, structs.datacenterCoordinates),
	nodeCoordinates: method("Coordinate.Node", nodeSpecificRequest, structs.indexedCoordinates),

	queryApply: method("PreparedQuery.Apply", structs.queryRequest, string),
	queryGet: method("PreparedQuery.Get", structs.querySpecificRequest, structs.indexedQueries),
	queryList: method("PreparedQuery.List", dcSpecificRequest, structs.indexedQueries),
	queryExecute: method("PreparedQuery.Execute", structs.queryExecuteRequest, structs.queryExecuteResponse),
	queryExecuteRemote: method(
		"PreparedQuery.ExecuteRemote",
		structs.queryExecuteRemoteRequest,
		structs.queryExecuteResponse,
	),
	queryExplain: method("PreparedQuery.Explain", structs.queryExecuteRequest, structs.queryExplainResponse),

	txnApply: method("Txn.Apply", structs.txnRequest, structs.txnResponse),
	txnRead: method("Txn.Read", structs.txnReadRequest, structs.txnReadResponse),

	raftConfiguration: method("Operator.RaftGetConfiguration", dcSpecificRequest, structs.raftConfiguration),
	removePeerByAddress: method("Operator.RaftRemovePeerByAddress", structs.removePeerRequest, empty),
	removePeerById: method("Operator.RaftRemovePeerByID", structs.removePeerRequest, empty),
	autopilotGet: method("Operator.AutopilotGetConfiguration", dcSpecificRequest, structs.autopilotConfig),
	autopilotSet: method("Operator.AutopilotSetConfiguration", structs.setAutopilotRequest, bool),
	serverHealth: method("Operator.ServerHealth", dcSpecificRequest, structs.autopilotHealth),

	autopilotState: method("Operator.AutopilotState", dcSpecificRequest, structs.autopilotState),

	serviceDump: method("Internal.ServiceDump", dcSpecificRequest, indexedServiceDump),
	nodeInfo: method("Internal.NodeInfo", nodeSpecificRequest, indexedNodeDump),
	nodeDump: method("Internal.NodeDump", dcSpecificRequest, indexedNodeDump),
	/** Disco's own. */
	kvHistory: method("Disco.KVHistory", structs.keyRequest, structs.kvHistory),
	keepKvHistory: method("Disco.KeepKVHistory", structs.keepHistoryRequest, empty),
	transferLeadership: method("Disco.TransferLeadership", structs.transferRequest, empty),

	eventFire: method("Internal.EventFire", structs.eventFireRequest, structs.eventFireResponse),
	keyring: method("Internal.KeyringOperation", structs.keyringRequest, structs.keyringResponses),
} as const;
