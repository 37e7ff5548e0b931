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
	Endpoints,
	ReadOptions,
	SessionEndpoints,
	SessionRequest,
	WriteOptions,
} from "./endpoints.ts";
export { createServerEndpoints } from "./server-endpoints.ts";
