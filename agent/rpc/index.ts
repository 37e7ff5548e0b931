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
	SessionRecord,
	StringMap,
} from "../state/index.ts";
export type {
	Answer,
	CatalogEndpoints,
	Endpoints,
	HealthEndpoints,
	KvEndpoints,
	ReadOptions,
	SessionEndpoints,
	SessionRequest,
	StatusEndpoints,
	WriteOptions,
} from "./endpoints.ts";
export { createServerEndpoints, type ServerEndpointsOptions } from "./server-endpoints.ts";
