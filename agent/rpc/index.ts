export type {
	CheckContent,
	CheckRecord,
	Deregistration,
	InstanceRecord,
	KvRecord,
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
	KvWrite,
	ReadOptions,
	StatusEndpoints,
	WriteOptions,
} from "./endpoints.ts";
