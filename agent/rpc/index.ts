export type {
	CheckContent,
	CheckRecord,
	Deregistration,
	InstanceRecord,
	KvRecord,
	KvWrite,
	NodeRecord,
	Registration,
	ServiceAddress,
	ServiceContent,
	ServiceRecord,
	StringMap,
} from "../state/index.ts";
export type {
	Answer,
	CatalogEndpoints,
	Endpoints,
	HealthEndpoints,
	KvEndpoints,
	ReadOptions,
	StatusEndpoints,
	WriteOptions,
} from "./endpoints.ts";
export { createServerEndpoints, type ServerEndpointsOptions } from "./server-endpoints.ts";
