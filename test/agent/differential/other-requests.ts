import type { Dice, Step } from "./dice.ts";
import { badJson, bodies, json, modes, path, query } from "./words.ts";

export const event = (dice: Dice): Step => {
	if (dice.chance(2)) {
		return {
			method: "PUT",
			path: `/v1/event/fire/${dice.one(["deploy", "other", "a%20b", ""])}${query(dice, [() => dice.one(["node=n1", "node=x", "node=(", "node="]), () => dice.one(["service=web", "service=("]), () => dice.one(["tag=v1", "tag=("]), () => dice.one(["dc=none", "dc=dc1", "pretty"])])}`,
			body: dice.one([...bodies, "x".repeat(300), "x".repeat(600)]),
		};
	}
	return {
		method: dice.one(["GET", "GET", "GET", "OPTIONS", "PUT"]),
		path: `/v1/event/list${query(dice, [() => dice.one(["name=deploy", "name=none", "name="]), () => dice.one(["node=n1", "service=web", "tag=x", "node=("]), () => dice.one(["index=0", "index=x", "wait=x", "stale", "pretty", "dc=none"])])}`,
	};
};

export const coordinate = (dice: Dice): Step => {
	switch (dice.below(4)) {
		case 0:
			return {
				method: "PUT",
				path: "/v1/coordinate/update",
				body: dice.chance(4)
					? dice.one(badJson)
					: json({
							Node: dice.one(["none", "", "none"]),
							...dice.maybe(6, () => ({ Segment: "x" })),
							...(dice.chance(8)
								? {}
								: {
										Coord: {
											Vec: dice.one<unknown>([[0, 0, 0, 0, 0, 0, 0, 0], [0], null, ["x"]]),
											Error: 1.5,
											Adjustment: 0,
											Height: 0.1,
										},
									}),
							...dice.maybe(10, () => ({ Datacenter: dice.one(["dc1", "x"]) })),
							...dice.maybe(10, () => ({ Nope: 1 })),
						}),
			};
		case 1:
			return {
				method: "GET",
				path: `/v1/coordinate/node/${path(dice.one(["alpha", "none", ""]))}${query(dice, [() => "segment=x", () => dice.one(modes)])}`,
			};
		case 2:
			return {
				method: dice.one(["GET", "PUT", "OPTIONS"]),
				path: `/v1/coordinate/datacenters${query(dice, [() => dice.one(modes)])}`,
			};
		default:
			return {
				method: dice.one(["POST", "PUT", "OPTIONS"]),
				path: `/v1/coordinate/${dice.one(["nodes", "node/alpha"])}`,
			};
	}
};

export const odd = (dice: Dice): Step => {
	const target = dice.one([
		"/",
		"/v1",
		"/v1/",
		"/v1/nope",
		"/V1/kv/a",
		"/v1/kv",
		"/v1/kv/a//b",
		"/v1/kv/../kv/a",
		"/v1/kv/./a",
		"/v1//kv/a",
		"/v1/kv/a?x=%zz",
		"/v1/kv/a?x=1;y=2",
		"/v1/status/leader",
		"/v1/status/peers",
		"/v1/status/nope",
		"/v1/agent/nope",
		"/v1/catalog",
		"/v1/session",
		"/v1/session/",
		"/v1/session/list/",
		"/v1/query/",
		"/v1/event/fire",
		"/v1/event/fire/",
		"/v1/event/list/",
		"/v1/txn/",
		"/v1/operator/raft/peer",
		"/v1/operator/raft/peer?id=x",
		"/v1/operator/raft/peer?address=x",
		"/v1/operator/raft/peer?id=x&address=y",
		"/v1/operator/raft/snapshot",
		"/v1/operator/keyring",
		"/v1/operator/keyring?relay-factor=9",
		"/v1/operator/keyring?local-only=x",
		"/v1/operator/autopilot/health",
		"/v1/operator/autopilot/configuration",
		"/v1/operator/autopilot/configuration?cas=x",
		"/v1/operator/autopilot/configuration?cas=0",
		"/v1/operator/usage",
		"/v1/operator/area",
		"/v1/operator/license",
		"/v1/operator/segment",
		"/v1/acl/bootstrap",
		"/v1/acl/tokens",
		"/v1/acl/token/self",
		"/v1/acl/policy/x",
		"/v1/acl/login",
		"/v1/acl/list",
		"/v1/acl/rules/translate",
		"/v1/agent/token/default",
		"/v1/agent/token/nope",
		"/v1/agent/members?segment=x",
		"/v1/agent/members?wan&segment=x",
		"/v1/agent/force-leave/none",
		"/v1/agent/force-leave/",
		"/v1/agent/join/",
		"/v1/agent/join/1.2.3.4.5",
		"/v1/agent/monitor?loglevel=x",
		"/v1/agent/metrics?format=x",
		"/v1/agent/metrics/stream",
		"/v1/snapshot",
		"/v1/health",
		"/v1/health/",
		"/v1/kv/a?keys&raw&recurse",
		"/v1/connect/ca/roots",
		"/v1/connect/ca/configuration",
		"/v1/connect/intentions",
		"/v1/connect/intentions/exact",
		"/v1/config",
		"/v1/config/service-defaults",
		"/v1/config/service-defaults/x",
		"/v1/discovery-chain/web",
		"/v1/peerings",
		"/v1/peering/x",
		"/v1/internal/ui/nodes",
		"/v1/internal/ui/services",
		"/v1/internal/ui/node/n1",
		"/v1/namespaces",
		"/v1/partitions",
		"/v1/exported-services",
		"/v1/imported-services",
		"/v1/agent/connect/ca/roots",
		"/v1/agent/connect/ca/leaf/web",
		"/v1/agent/connect/authorize",
		"/v1/internal/federation-states",
		"/v1/internal/acl/authorize",
		"/ui",
		"/v1/validate",
		"/v1/agent/version",
		"/v1/agent/profile",
		"/v1/catalog/x",
		"/favicon.ico",
		"/v1/kv/a/%2e%2e/b",
		"/v1/kv/%2E",
		"/v1/kv/a%2F%2Fb",
		"/v1/kv/a%252Fb",
		"/v1/agent/service/",
		"/v1/agent/check/",
		"/v1/agent/health/service/",
		"/v1/config/",
		"/v1/connect/intentions/match?by=source&name=x",
		"/v1/connect/intentions/check?source=a&destination=b",
	]);
	const method = dice.one(["GET", "GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"]);
	// Endless answers, and those whose content is the agent's own.
	const risky = /monitor|metrics|autopilot|snapshot|keyring|internal|connect\/ca/.test(target) && method === "GET";
	if (risky) return { method: "OPTIONS", path: target };
	return {
		method,
		path: target,
		...(dice.chance(3) && ["PUT", "POST"].includes(method) ? { body: dice.one(badJson) } : {}),
	};
};
