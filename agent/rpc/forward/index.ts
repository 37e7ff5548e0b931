/** How agents ask each other: calls of a client to a server and of a server to the leader, and what a server answers to them. */
export {
	type AdmittedConnection,
	firstBytes,
	listenOnServerPort,
	nativeProtocols,
	type ServerPortOptions,
} from "../wire/first-byte.ts";
export { methods } from "../wire/methods.ts";
export type { ServedMethod } from "../wire/rpc.ts";
export type { AnswerFilters } from "./answer-filters.ts";
export {
	createForwardingEndpoints,
	type ForwardingEndpoints,
	type ForwardingOptions,
} from "./create-forwarding-endpoints.ts";
export { createDatacenterEndpoints, type DatacenterEndpoints } from "./datacenter-endpoints.ts";
export type { WanServer } from "./datacenter-router.ts";
export { askKeyrings } from "./keyring.ts";
export { routeToDatacenters } from "./route-datacenters.ts";
export { createServedMethods } from "./served-methods.ts";
export { callServer } from "./servers.ts";
export { serveSnapshots } from "./snapshot.ts";
