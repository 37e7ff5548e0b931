/** What the OpenAPI document says of an operation beyond what the route and its parser know. */
export interface Description {
	readonly summary: string;
	/** Names in `parameters`, or a group of them. */
	readonly query?: readonly (keyof typeof parameters | keyof typeof groups)[];
	/** What the path's last part is, for a route that stands for everything below it. */
	readonly item?: string;
	/** Of a body that is no JSON. */
	readonly bodyType?: string;
	/** Of an answer that is no JSON. */
	readonly answerType?: string;
}

/** Query parameters: type and meaning. `flag` counts by presence. */
export const parameters = {
	acquire: ["string", "take the lock for this session"],
	address: ["string", "host:port of the server"],
	cached: ["flag", "the agent's cache may answer"],
	cas: ["integer", "only when this is the present ModifyIndex; 0: only when there is nothing yet"],
	consistent: ["flag", "confirmed by a majority of the servers"],
	dc: ["string", "datacenter; the agent's own unless given"],
	delta: ["flag", "with stream: only what was added, changed or removed"],
	enable: ["boolean", "true begins, false ends maintenance"],
	filter: ["string", "filter expression"],
	flags: ["integer", "number that is kept with the value"],
	for: ["string", "how long the instance drains, such as 10s"],
	format: ["string", "text or prometheus"],
	hash: ["string", "wait until the content's hash is another one"],
	id: ["string", "id of the server"],
	index: ["integer", "wait until the answer's X-Consul-Index is above this"],
	keys: ["flag", "names only"],
	limit: ["integer", "at most so many instances"],
	"local-only": ["boolean", "only this agent"],
	logjson: ["flag", "one JSON object a line"],
	loglevel: ["string", "trace, debug, info, warn or error"],
	max_stale: ["string", "stale, but not older than this"],
	name: ["string", "only events of this name"],
	near: ["string", "nearest to this node first; _agent for the agent's own"],
	node: ["string", "regular expression of node names"],
	"node-meta": ["string", "key:value that the node's metadata must have; may be repeated"],
	note: ["string", "shown as the check's output"],
	passing: ["boolean", "only instances all of whose checks pass"],
	pretty: ["flag", "indented"],
	prune: ["flag", "forget the member altogether"],
	raw: ["flag", "the value itself"],
	reason: ["string", "shown to people"],
	recurse: ["flag", "every key with this prefix"],
	"relay-factor": ["integer", "members that pass the message on, 0 to 5"],
	release: ["string", "release the lock of this session"],
	"replace-existing-checks": ["flag", "checks that are not given are removed"],
	segment: ["string", "network segment"],
	separator: ["string", "names end at the first of it after the prefix"],
	service: ["string", "regular expression of service names"],
	stale: ["flag", "any server may answer"],
	stream: ["flag", "Server-Sent Events: one for each state of the answer, resumed by Last-Event-ID"],
	tag: ["string", "tag that the service must have; may be repeated"],
	wait: ["string", "how long to wait at most, such as 5m"],
	wan: ["flag", "the pool of all datacenters"],
} as const;

/** Parameters that come together. */
export const groups = {
	modes: ["dc", "stale", "consistent", "max_stale"],
	blocking: ["dc", "stale", "consistent", "max_stale", "index", "wait", "stream", "delta"],
	catalog: [
		"dc",
		"stale",
		"consistent",
		"max_stale",
		"index",
		"wait",
		"stream",
		"delta",
		"cached",
		"near",
		"node-meta",
		"filter",
	],
} as const;

const text = "text/plain";
const bytes = "application/octet-stream";

/** By method and path; `document.ts` names the last part of a prefix route by `item`. */
export const descriptions: Readonly<Record<string, Description>> = {
	"GET /v1/agent/self": { summary: "Configuration, statistics and member entry of the agent" },
	"GET /v1/agent/members": { summary: "Members of the agent's pool", query: ["wan", "segment"] },
	"GET /v1/agent/services": { summary: "Services registered at the agent, by id", query: ["filter"] },
	"GET /v1/agent/checks": { summary: "Checks registered at the agent, by id", query: ["filter"] },
	"PUT /v1/agent/maintenance": { summary: "Begin or end the node's maintenance", query: ["enable", "reason"] },
	"PUT /v1/agent/reload": { summary: "Read the configuration again" },
	"PUT /v1/agent/leave": { summary: "Leave the pool and end" },
	"PUT /v1/agent/service/register": { summary: "Register a service", query: ["replace-existing-checks"] },
	"PUT /v1/agent/services/register": {
		summary: "Register several services, all or none",
		query: ["replace-existing-checks"],
	},
	"PUT /v1/agent/service/deregister/": { summary: "Deregister a service", item: "service_id" },
	"PUT /v1/agent/service/maintenance/": {
		summary: "Begin or end a service's maintenance",
		item: "service_id",
		query: ["enable", "reason"],
	},
	"PUT /v1/agent/service/drain/": {
		summary: "Let an instance drain: it leaves the answers for passing instances, its connections end",
		item: "service_id",
		query: ["for"],
	},
	"GET /v1/agent/service/": { summary: "A service of the agent", item: "service_id", query: ["hash", "wait"] },
	"PUT /v1/agent/check/register": { summary: "Register a check" },
	"PUT /v1/agent/check/deregister/": { summary: "Deregister a check", item: "check_id" },
	"PUT /v1/agent/check/pass/": { summary: "A TTL check passes", item: "check_id", query: ["note"] },
	"PUT /v1/agent/check/warn/": { summary: "A TTL check warns", item: "check_id", query: ["note"] },
	"PUT /v1/agent/check/fail/": { summary: "A TTL check fails", item: "check_id", query: ["note"] },
	"PUT /v1/agent/check/update/": { summary: "State and output of a TTL check", item: "check_id" },
	"GET /v1/agent/health/service/id/": {
		summary: "Health of an instance: 200 passing, 429 warning, 503 critical, 404 unknown",
		item: "service_id",
		query: ["format"],
	},
	"GET /v1/agent/health/service/name/": {
		summary: "Health of a service's instances at the agent; the worst decides the status",
		item: "service",
		query: ["format"],
	},
	"GET /v1/agent/host": { summary: "The machine" },
	"PUT /v1/agent/join/": { summary: "Join a pool", item: "address", query: ["wan"] },
	"PUT /v1/agent/force-leave/": {
		summary: "Take a failed member for one that has left",
		item: "node",
		query: ["prune", "wan"],
	},
	"GET /v1/agent/monitor": {
		summary: "The agent's log as it is written",
		query: ["loglevel", "logjson"],
		answerType: text,
	},
	"GET /v1/agent/metrics": { summary: "Metrics of the last ten seconds, or in Prometheus' format", query: ["format"] },
	"PUT /v1/agent/token/": { summary: "Set one of the agent's tokens", item: "kind" },
	"PUT /v1/catalog/register": { summary: "Register a node, with a service and checks" },
	"PUT /v1/catalog/deregister": { summary: "Remove a node, a service or a check" },
	"GET /v1/catalog/datacenters": { summary: "Known datacenters, nearest first" },
	"GET /v1/catalog/nodes": { summary: "Nodes", query: ["catalog"] },
	"GET /v1/catalog/services": { summary: "Service names with the union of their tags", query: ["catalog"] },
	"GET /v1/catalog/service/": { summary: "Instances of a service", item: "service", query: ["catalog", "tag"] },
	"GET /v1/catalog/node/": { summary: "A node with its services by id", item: "node", query: ["blocking", "filter"] },
	"GET /v1/catalog/node-services/": {
		summary: "A node with a list of its services",
		item: "node",
		query: ["blocking", "filter"],
	},
	"GET /v1/health/node/": { summary: "Checks of a node", item: "node", query: ["blocking", "filter"] },
	"GET /v1/health/checks/": { summary: "Checks of a service", item: "service", query: ["catalog"] },
	"GET /v1/health/state/": { summary: "Checks in a state; any for all", item: "state", query: ["catalog"] },
	"GET /v1/health/service/": {
		summary: "Instances of a service with node and checks",
		item: "service",
		query: ["catalog", "tag", "passing"],
	},
	"GET /v1/catalog/connect/": { summary: "Proxies of a service: always empty", item: "service", query: ["catalog"] },
	"GET /v1/catalog/gateway-services/": {
		summary: "Services of a gateway: always empty",
		item: "gateway",
		query: ["blocking"],
	},
	"GET /v1/health/connect/": {
		summary: "Proxies of a service with their health: always empty",
		item: "service",
		query: ["catalog", "passing"],
	},
	"GET /v1/health/ingress/": {
		summary: "Gateways of a service with their health: always empty",
		item: "service",
		query: ["catalog", "passing"],
	},
	"GET /v1/kv/": {
		summary: "A key, or those below a prefix",
		item: "key",
		query: ["blocking", "raw", "recurse", "keys", "separator"],
	},
	"PUT /v1/kv/": {
		summary: "Write a key; false when its condition did not hold",
		item: "key",
		query: ["dc", "flags", "cas", "acquire", "release"],
		bodyType: bytes,
	},
	"DELETE /v1/kv/": { summary: "Delete a key, or all below a prefix", item: "key", query: ["dc", "recurse", "cas"] },
	"GET /v1/kv-history/": { summary: "What a key was before, oldest first", item: "key", query: ["blocking"] },
	"PUT /v1/txn": { summary: "Up to 128 operations, all or none", query: ["modes"] },
	"PUT /v1/session/create": { summary: "Create a session", query: ["dc"] },
	"PUT /v1/session/destroy/": { summary: "Destroy a session", item: "session_id", query: ["dc"] },
	"PUT /v1/session/renew/": { summary: "Begin a session's TTL anew", item: "session_id", query: ["dc"] },
	"GET /v1/session/info/": { summary: "A session", item: "session_id", query: ["blocking"] },
	"GET /v1/session/node/": { summary: "Sessions of a node", item: "node", query: ["blocking"] },
	"GET /v1/session/list": { summary: "Sessions", query: ["blocking"] },
	"PUT /v1/event/fire/": {
		summary: "Fire a user event",
		item: "name",
		query: ["dc", "node", "service", "tag"],
		bodyType: bytes,
	},
	"GET /v1/event/list": {
		summary: "The last events, oldest first",
		query: ["name", "node", "service", "tag", "index", "wait", "stream", "delta"],
	},
	"GET /v1/query": { summary: "Prepared queries", query: ["blocking"] },
	"POST /v1/query": { summary: "Create a prepared query", query: ["dc"] },
	"GET /v1/query/": {
		summary: "A prepared query; with /execute its instances, with /explain its template filled in",
		item: "query",
		query: ["blocking", "near", "limit", "cached"],
	},
	"PUT /v1/query/": { summary: "Replace a prepared query", item: "query", query: ["dc"] },
	"DELETE /v1/query/": { summary: "Delete a prepared query", item: "query", query: ["dc"] },
	"GET /v1/coordinate/datacenters": { summary: "Network coordinates of servers, by datacenter" },
	"GET /v1/coordinate/nodes": { summary: "Network coordinates of nodes", query: ["blocking", "segment"] },
	"GET /v1/coordinate/node/": {
		summary: "Network coordinates of a node",
		item: "node",
		query: ["blocking", "segment"],
	},
	"PUT /v1/coordinate/update": { summary: "Set a node's network coordinates", query: ["dc"] },
	"GET /v1/status/leader": { summary: "Address of the leading server", query: ["dc"] },
	"GET /v1/status/peers": { summary: "Addresses of the servers", query: ["dc"] },
	"GET /v1/operator/raft/configuration": { summary: "Servers that agree on the log", query: ["modes"] },
	"DELETE /v1/operator/raft/peer": { summary: "Remove a server", query: ["dc", "id", "address"] },
	"GET /v1/operator/autopilot/configuration": { summary: "How the servers look after each other", query: ["modes"] },
	"PUT /v1/operator/autopilot/configuration": {
		summary: "Change how the servers look after each other",
		query: ["dc", "cas"],
	},
	"GET /v1/operator/autopilot/health": {
		summary: "How the servers do; 429 when something is wrong",
		query: ["modes"],
	},
	"GET /v1/operator/autopilot/state": { summary: "How the servers do, in full", query: ["modes"] },
	"GET /v1/operator/keyring": { summary: "Gossip keys", query: ["relay-factor", "local-only"] },
	"POST /v1/operator/keyring": { summary: "Install a gossip key", query: ["relay-factor"] },
	"PUT /v1/operator/keyring": { summary: "Use a gossip key", query: ["relay-factor"] },
	"DELETE /v1/operator/keyring": { summary: "Remove a gossip key", query: ["relay-factor"] },
	"GET /v1/snapshot": { summary: "The whole state", query: ["modes"], answerType: "application/x-gzip" },
	"PUT /v1/snapshot": { summary: "Replace the whole state", query: ["dc"], bodyType: "application/x-gzip" },
	"GET /v1/openapi.json": { summary: "This document" },
};
