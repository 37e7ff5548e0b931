/** Shapes of the HTTP API's JSON (Consul 1.14), shared by the client and by the agent that answers. Field order is the answer's. */
export type {
	AgentCheck,
	AgentMember,
	AgentService,
	CatalogServiceEntry,
	CheckDefinition,
	CheckStatus,
	HealthCheck,
	NodeRecord,
	ServiceAddress,
	ServiceEntry,
	ServiceRecord,
	ServiceWeights,
} from "./catalog.ts";
export type { KvPair } from "./kv.ts";
export type {
	AgentCheckRegistration,
	AgentServiceRegistration,
	CatalogDeregistration,
	CatalogRegistration,
} from "./registration.ts";
