import type { Dice, Step } from "./dice.ts";
import {
	badJson,
	checkIds,
	filters,
	ids,
	json,
	meta,
	modes,
	nodes,
	path,
	query,
	services,
	statuses,
	taggedAddresses,
	tags,
	weights,
} from "./words.ts";

function definition(dice: Dice) {
	return dice.one<unknown>([
		{ HTTP: "http://x", Interval: "10s", Timeout: "1s" },
		{ TCP: "a:1", Interval: "5s" },
		{},
		{ Interval: 1000000000 },
		{
			HTTP: "http://x",
			Method: "POST",
			Header: { a: ["b"] },
			Body: "x",
			TLSSkipVerify: true,
			DeregisterCriticalServiceAfter: "1m",
		},
		{ TTL: "10s" },
		{ ScriptArgs: ["x"] },
		{ UDP: "x:1" },
		{ GRPC: "x", GRPCUseTLS: true },
		{ H2PING: "x" },
		{ AliasNode: "x" },
		{ Interval: "x" },
		{ Nope: 1 },
		{ IntervalDuration: 1e9 },
		{ Shell: "x", Interval: "5s" },
		{ DockerContainerID: "x", Shell: "sh" },
		null,
		{ IntervalDuration: "10s", TimeoutDuration: "1s", DeregisterCriticalServiceAfterDuration: "1m" },
	]);
}

export function catalogCheck(dice: Dice, node: string) {
	return {
		...dice.maybe(3, () => ({ Node: dice.chance(6) ? dice.one(nodes) : node })),
		...(dice.chance(8) ? {} : { CheckID: dice.one(checkIds) }),
		...dice.maybe(2, () => ({ Name: dice.one(["n", "", "Name x"]) })),
		...dice.maybe(2, () => ({ Status: dice.one(statuses) })),
		...dice.maybe(3, () => ({ Notes: "note", Output: "out" })),
		...dice.maybe(3, () => ({ ServiceID: dice.one(ids) })),
		...dice.maybe(6, () => ({ ServiceName: dice.one(services) })),
		...dice.maybe(6, () => ({ ServiceTags: dice.some(tags, 2) })),
		...dice.maybe(4, () => ({ Definition: definition(dice) })),
		...dice.maybe(30, () => ({ Nope: 1 })),
	};
}

export function catalogService(dice: Dice) {
	return {
		...dice.maybe(2, () => ({ ID: dice.one(ids) })),
		Service: dice.one(services),
		...dice.maybe(2, () => ({ Tags: dice.chance(6) ? null : dice.some(tags, 3) })),
		...dice.maybe(3, () => ({ Address: dice.one(["10.0.0.1", "", "ex.com", "0.0.0.0", "::1"]) })),
		...dice.maybe(5, () => ({ TaggedAddresses: taggedAddresses(dice) })),
		...dice.maybe(3, () => ({ Meta: dice.chance(6) ? null : meta(dice) })),
		...dice.maybe(2, () => ({ Port: dice.one<unknown>([80, 0, 8080, -1, 70000, "80", 1.5]) })),
		...dice.maybe(4, () => ({ Weights: weights(dice) })),
		...dice.maybe(4, () => ({ EnableTagOverride: dice.chance(2) })),
		...dice.maybe(15, () => ({ Kind: dice.one(["", "typical", "x"]) })),
		...dice.maybe(30, () => ({ Nope: 1 })),
	};
}

export const externalNodes = nodes.slice(0, 4);

/** Of a node's own: what happens when a node takes another's id is one of our differences. */
export function idOf(node: string): string {
	return `${String(nodes.indexOf(node)).repeat(8)}-aaaa-bbbb-cccc-eeeeeeeeeeee`;
}

export const catalogWrite = (dice: Dice): Step => {
	if (dice.chance(25))
		return { method: "PUT", path: `/v1/catalog/${dice.one(["register", "deregister"])}`, body: dice.one(badJson) };
	if (dice.chance(20))
		return {
			method: dice.one(["GET", "POST", "DELETE", "OPTIONS"]),
			path: `/v1/catalog/${dice.one(["register", "deregister"])}`,
		};
	const node = dice.one(externalNodes);
	if (dice.chance(4)) {
		return {
			method: "PUT",
			path: "/v1/catalog/deregister",
			body: json({
				...(dice.chance(10) ? {} : { Node: node }),
				...dice.maybe(2, () => ({ ServiceID: dice.one(ids) })),
				...dice.maybe(3, () => ({ CheckID: dice.one(checkIds) })),
				...dice.maybe(10, () => ({ Datacenter: dice.one(["dc1", "none"]) })),
				...dice.maybe(20, () => ({ Nope: 1 })),
			}),
		};
	}
	return {
		method: "PUT",
		path: "/v1/catalog/register",
		body: json({
			...(dice.chance(20) ? {} : { Node: node }),
			...(dice.chance(12) ? {} : { Address: dice.one(["10.0.0.1", "10.0.0.2", "ex.com", ""]) }),
			...dice.maybe(6, () => ({ ID: dice.one([idOf(node), idOf(node), "x", "", idOf(node).toUpperCase()]) })),
			...dice.maybe(4, () => ({
				TaggedAddresses: dice.one<unknown>([{ lan: "10.0.0.1" }, {}, { wan: "x", lan_ipv4: "1.2.3.4" }, null]),
			})),
			...dice.maybe(4, () => ({ NodeMeta: dice.chance(6) ? null : meta(dice) })),
			...(dice.chance(3) ? {} : { Service: catalogService(dice) }),
			...dice.maybe(3, () => ({ Check: catalogCheck(dice, node) })),
			...dice.maybe(4, () => ({ Checks: [catalogCheck(dice, node), catalogCheck(dice, node)] })),
			...dice.maybe(8, () => ({ SkipNodeUpdate: dice.chance(2) })),
			...dice.maybe(15, () => ({ Datacenter: dice.one(["dc1", "none", ""]) })),
			...dice.maybe(40, () => ({ Nope: 1 })),
		}),
	};
};

const readQuery = (dice: Dice) =>
	query(dice, [
		() => `filter=${encodeURIComponent(dice.one(filters))}`,
		() => dice.one(["near=alpha", "near=none", "near=", "near=_ip"]),
		() => `node-meta=${dice.one(["rack:1", "rack", "Env:two", ":", "", "none:x"])}`,
		() => `tag=${encodeURIComponent(dice.one(tags))}`,
		() => dice.one(["passing", "passing=false", "passing=1", "passing=x", "tag=v1&tag=prod"]),
		() => dice.one(modes),
	]);

export const catalogRead = (dice: Dice): Step => {
	const method = dice.chance(25) ? dice.one(["PUT", "POST", "OPTIONS", "HEAD", "DELETE"]) : "GET";
	const which = dice.one([
		"catalog/datacenters",
		"catalog/nodes",
		"catalog/services",
		"catalog/service/SERVICE",
		"catalog/service/SERVICE",
		"catalog/node/NODE",
		"catalog/node-services/NODE",
		"health/node/NODE",
		"health/checks/SERVICE",
		"health/service/SERVICE",
		"health/service/SERVICE",
		"health/state/STATE",
		"catalog/service/",
		"catalog/node/",
		"health/node/",
		"health/checks/",
		"health/service/",
		"health/state/",
		"catalog/nodes/",
		"catalog/service",
		"health/connect/SERVICE",
		"catalog/connect/SERVICE",
		"catalog/gateway-services/SERVICE",
	]);
	const filled = which
		.replace("SERVICE", path(dice.one(services)))
		.replace("NODE", path(dice.one(nodes)))
		.replace("STATE", path(dice.one(statuses)));
	return { method, path: `/v1/${filled}${readQuery(dice)}` };
};
