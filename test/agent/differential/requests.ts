import type { WireRequest } from "./sides.ts";

/** A request in which `{s0}` or `{q1}` stand for ids that earlier answers gave; `gives` is the name of the one in its answer. */
export interface Step extends WireRequest {
	readonly gives?: string;
	/** Anti-entropy of the reference has to run before reads of the catalog fit again. */
	readonly settles?: boolean;
}

/** A small generator of numbers from a seed (mulberry32). */
export class Dice {
	#state: number;
	constructor(seed: number) {
		this.#state = seed >>> 0;
	}
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	}
	below(count: number): number {
		return Math.floor(this.next() * count);
	}
	one<Item>(items: readonly Item[]): Item {
		return items[this.below(items.length)] as Item;
	}
	/** True once in `of`. */
	chance(of: number): boolean {
		return this.below(of) === 0;
	}
	some<Item>(items: readonly Item[], max: number): Item[] {
		return Array.from({ length: this.below(max + 1) }, () => this.one(items));
	}
	maybe(of: number, make: () => object): object {
		return this.chance(of) ? make() : {};
	}
}

const nodes = ["alpha", "Beta", "ga.mma", "de lta", "none", "n1"];
const services = ["web", "web-db", "Web", "a b", "x/y", "none"];
const ids = ["web", "web1", "web2", "w/3", "none"];
const tags = ["v1", "V1", "prod", "a,b", "", "ü"];
const metaKeys = ["rack", "ver", "Env", "_x", "a.b", ""];
const metaValues = ["1", "", "two", "a b", "ü"];
const checkIds = ["c1", "c2", "service:web", "mem"];
const statuses = ["passing", "warning", "critical", "passing", "", "Passing", "bad", "any"];
const keys = [
	"a",
	"a/b",
	"a/b/c",
	"a/c/d",
	"ab",
	"b",
	"a%20b",
	"k%2Fx",
	"u%C3%BC",
	"a/",
	"q?z",
	"p+q",
	"x%3Dy",
	"web2/x",
	"",
];
const bodies = ["", "1", "two", '{"a":1}', "\u00fc", "<b>&"];
const badJson = ["", "{", "[]", '"x"', "12", "null", "{}", '{"a":}', "tru", "[{}]", "{}{}", '{"Nope":1}'];
const booleans = ["true", "false", "1", "0", "T", "x", ""];
const uuids = ["11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"];
const sessionNames = ["{s0}", "{s1}", "{s2}", "{s3}", "11111111-2222-3333-4444-555555555555", "none", ""];
const queryNames = ["{q0}", "{q1}", "{q2}", "11111111-2222-3333-4444-555555555555"];
const queryTexts = ["web-q", "geo", "", "x y", "web"];

const filters = [
	"Node == alpha",
	"Node != alpha",
	"ServiceName == web",
	"Service == web",
	'"v1" in ServiceTags',
	"v1 in Tags",
	"ServiceTags contains prod",
	"Tags is empty",
	"ServiceMeta is not empty",
	"Meta.rack == 1",
	'ServiceMeta.rack == "1"',
	'ServiceMeta["rack"] == `1`',
	"NodeMeta.rack == two",
	"rack in Meta",
	"rack in NodeMeta",
	"Service.Tags contains v1",
	'Node.Node matches "^a"',
	"Checks.Status == critical",
	"Checks is empty",
	"Service.Meta.rack == 1",
	"Node.Meta.rack == 1",
	"Status == passing",
	"CheckID == c1",
	"Name matches `.*e.*`",
	"ServiceID contains web",
	"not Status == passing",
	"Status == passing and ServiceName == web",
	"Status == passing or (Node == alpha and not ServiceName == web)",
	"Port == 80",
	"ServicePort == 80",
	'ServicePort != "80"',
	"Service.Port == 80",
	"Port == abc",
	"Bad == 1",
	"Node ==",
	"((Node == a)",
	"Node == alpha and",
	'Address == "10.0.0.1"',
	'Address matches "("',
	"ID == web1",
	"Weights.Passing == 1",
	"ServiceWeights.Passing == 1",
	"Service.Weights.Warning != 3",
	"TaggedAddresses.lan.Address == x",
	'TaggedAddresses.lan == "10.0.0.1"',
	"EnableTagOverride == true",
	"ServiceEnableTagOverride == false",
	"Service.EnableTagOverride == false",
	"Definition.HTTP == x",
	"Type == ttl",
	"Output contains x",
	"Datacenter == dc1",
	"ServiceTags matches v",
	"Meta contains rack",
	"web in ServiceName",
	"Node is empty",
	"ServiceAddress is not empty",
	"CreateIndex == 1",
	"Checks.Name == x and Service.ID == web1",
	'Node == "a\\"b"',
	" ",
	"true",
	'Meta.rack matches "^[0-9]$"',
	"Meta.rack is empty",
	"not (rack in Meta)",
];

function path(text: string): string {
	return encodeURIComponent(text).replaceAll("%7B", "{").replaceAll("%7D", "}");
}

function query(dice: Dice, possible: readonly (() => string)[]): string {
	const given: string[] = [];
	for (const each of possible) if (dice.chance(4)) given.push(each());
	return given.length === 0 ? "" : `?${given.join("&")}`;
}

const modes = [
	"stale",
	"consistent",
	"stale=false",
	"max_stale=5s",
	"max_stale=x",
	"cached",
	"dc=dc1",
	"dc=none",
	"dc=",
	"index=0",
	"index=",
	"index=x",
	"index=-1",
	"index=1",
	"wait=1s",
	"wait=x",
	"wait=-1s",
	"pretty",
	"leader",
	"index=1&wait=10ms",
	"index=99999999&wait=5ms",
	"token=",
	"ns=default",
	"partition=default",
];

function meta(dice: Dice): Record<string, string> {
	return Object.fromEntries(dice.some(metaKeys, 2).map((name) => [name, dice.one(metaValues)]));
}

function weights(dice: Dice) {
	return dice.one<object>([
		{ Passing: 1, Warning: 1 },
		{ Passing: 10, Warning: 2 },
		{ Passing: 0, Warning: 0 },
		{ Passing: 5 },
		{ Passing: -1, Warning: 1 },
		{ Passing: 70000, Warning: 1 },
		{},
		{ Warning: 3 },
	]);
}

function taggedAddresses(dice: Dice) {
	return dice.one<object>([
		{ lan: { Address: "10.1.1.1", Port: 80 } },
		{ wan: { Address: "ex.com" } },
		{},
		{ lan_ipv4: { Address: "1.1.1.1", Port: 1 } },
		{ x: {} },
	]);
}

const json = (value: unknown) => JSON.stringify(value);

const kv = (dice: Dice): Step => {
	const key = dice.one(keys);
	switch (dice.below(7)) {
		case 0:
		case 1:
			return {
				method: "PUT",
				path: `/v1/kv/${key}${query(dice, [
					() => dice.one(["flags=1", "flags=18446744073709551615", "flags=x", "flags=", "flags=-1"]),
					() => dice.one(["cas=0", "cas=1", "cas=x", "cas=", "cas=5"]),
					() => `acquire=${dice.one(sessionNames)}`,
					() => `release=${dice.one(sessionNames)}`,
					() => dice.one(modes),
				])}`,
				body: dice.one(bodies),
			};
		case 2:
			return {
				method: "DELETE",
				path: `/v1/kv/${key}${query(dice, [() => dice.one(["recurse", "recurse=false"]), () => dice.one(["cas=0", "cas=7", "cas=x"]), () => dice.one(modes)])}`,
			};
		case 3:
			return { method: dice.one(["POST", "HEAD", "PATCH", "OPTIONS"]), path: `/v1/kv/${key}` };
		default:
			return {
				method: "GET",
				path: `/v1/kv/${key}${query(dice, [() => dice.one(["recurse", "recurse=x"]), () => "keys", () => dice.one(["separator=/", "separator=", "seperator=/", "separator=b", "separator=%2F"]), () => "raw", () => dice.one(modes), () => dice.one(modes)])}`,
			};
	}
};

let counter = 0;

const session = (dice: Dice): Step => {
	switch (dice.below(9)) {
		case 0:
		case 1:
		case 2: {
			const body = dice.chance(8)
				? dice.one(badJson)
				: json({
						...dice.maybe(2, () => ({ Name: dice.one(["lock", "", "a b"]) })),
						...dice.maybe(3, () => ({ Node: dice.one(nodes) })),
						...dice.maybe(2, () => ({
							LockDelay: dice.one<unknown>(["0s", "15s", 5, 1e9, "x", 0, "1ms", "2m", null]),
						})),
						...dice.maybe(3, () => ({ Behavior: dice.one(["release", "delete", "", "bad"]) })),
						...dice.maybe(3, () => ({ TTL: dice.one(["10s", "1m", "5s", "25h", "x", "", "0s", "24h"]) })),
						...dice.maybe(2, () => ({
							Checks: dice.one<unknown>([
								[],
								["serfHealth"],
								["c1"],
								["none"],
								["c1", "serfHealth"],
								["c2"],
								["service:web"],
							]),
						})),
						...dice.maybe(4, () => ({
							NodeChecks: dice.one<unknown>([[], ["serfHealth"], ["c1"], ["none"], ["mem"]]),
						})),
						...dice.maybe(4, () => ({
							ServiceChecks: dice.one<unknown>([
								[],
								[{ ID: "c1" }],
								[{ ID: "service:web" }],
								[{ ID: "none" }],
								[{ ID: "c2", Namespace: "" }],
								[{}],
								null,
								["c1"],
							]),
						})),
						...dice.maybe(20, () => ({ Nope: 1 })),
					});
			return {
				method: "PUT",
				path: `/v1/session/create${query(dice, [() => dice.one(["dc=dc1", "dc=none", "pretty"])])}`,
				body,
				gives: `{s${counter++ % 4}}`,
			};
		}
		case 3:
			return { method: "PUT", path: `/v1/session/destroy/${dice.one(sessionNames)}` };
		case 4:
			return { method: "PUT", path: `/v1/session/renew/${dice.one(sessionNames)}` };
		case 5:
			return {
				method: "GET",
				path: `/v1/session/info/${dice.one(sessionNames)}${query(dice, [() => dice.one(modes)])}`,
			};
		case 6:
			return {
				method: "GET",
				path: `/v1/session/node/${path(dice.one(nodes))}${query(dice, [() => dice.one(modes)])}`,
			};
		default:
			return {
				method: dice.chance(8) ? "PUT" : "GET",
				path: `/v1/session/list${query(dice, [() => dice.one(modes)])}`,
			};
	}
};

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

function catalogCheck(dice: Dice, node: string) {
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

function catalogService(dice: Dice) {
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

const externalNodes = nodes.slice(0, 4);

/** Of a node's own: what happens when a node takes another's id is one of our differences. */
function idOf(node: string): string {
	return `${String(nodes.indexOf(node)).repeat(8)}-aaaa-bbbb-cccc-eeeeeeeeeeee`;
}

const catalogWrite = (dice: Dice): Step => {
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
		() => dice.one(["near=_agent", "near=alpha", "near=none", "near=", "near=_ip"]),
		() => `node-meta=${dice.one(["rack:1", "rack", "Env:two", ":", "", "none:x"])}`,
		() => `tag=${encodeURIComponent(dice.one(tags))}`,
		() => dice.one(["passing", "passing=false", "passing=1", "passing=x", "tag=v1&tag=prod"]),
		() => dice.one(modes),
	]);

const catalogRead = (dice: Dice): Step => {
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
		"health/ingress/SERVICE",
		"catalog/gateway-services/SERVICE",
	]);
	const filled = which
		.replace("SERVICE", path(dice.one(services)))
		.replace("NODE", path(dice.one(nodes)))
		.replace("STATE", path(dice.one(statuses)));
	return { method, path: `/v1/${filled}${readQuery(dice)}` };
};

function agentCheck(dice: Dice, withName: boolean) {
	return {
		...(withName && !dice.chance(12)
			? { Name: dice.one(["mem", "disk", "c1"]) }
			: dice.maybe(4, () => ({ Name: "named" }))),
		...dice.maybe(4, () => (withName ? { ID: dice.one(checkIds) } : { CheckID: dice.one(checkIds) })),
		...dice.maybe(3, () => ({ Notes: "some notes" })),
		...dice.maybe(3, () => ({ Status: dice.one(statuses) })),
		...dice.one<object>([
			{ TTL: "60s" },
			{ TTL: "60s" },
			{ TTL: "1h" },
			{ HTTP: "http://127.0.0.1:1/x", Interval: "1h" },
			{ TCP: "127.0.0.1:1", Interval: "1h", Timeout: "1s" },
			{},
			{ TTL: "x" },
			{ HTTP: "http://x" },
			{ TTL: "10s", Interval: "1s" },
			{ TTL: 1e10 },
			{ Args: ["true"], Interval: "1h" },
			{ TTL: "60s", DeregisterCriticalServiceAfter: "10m" },
			{ Interval: "10s" },
			{ HTTP: "http://127.0.0.1:1/", TCP: "127.0.0.1:1", Interval: "1h" },
			{ TTL: "60s", SuccessBeforePassing: 2 },
			{ TTL: "-1s" },
			{ GRPC: "127.0.0.1:1", Interval: "1h" },
			{ UDP: "127.0.0.1:1", Interval: "1h" },
			{ H2PING: "127.0.0.1:1", Interval: "1h" },
			{ Script: "true", Interval: "1h" },
			{ TTL: "60s", OutputMaxSize: 10 },
			{ TTL: "60s", OutputMaxSize: -1 },
			{ TTL: "60s", check_id: "x" },
			{ HTTP: "http://127.0.0.1:1/", Interval: "1h", FailuresBeforeCritical: 2, FailuresBeforeWarning: 3 },
			{ HTTP: "http://127.0.0.1:1/", Interval: "1h", Header: { a: "b" } },
		]),
	};
}

/** None that differs from another only in case: the reference's anti-entropy mixes them up. */
const agentServices = ["web", "web-db", "a b", "x/y", "none"];

const agentService = (dice: Dice): Step => {
	const which = dice.below(11);
	if (which < 4) {
		if (dice.chance(15))
			return { method: "PUT", path: "/v1/agent/service/register", body: dice.one(badJson), settles: true };
		return {
			method: "PUT",
			settles: true,
			path: `/v1/agent/service/register${query(dice, [() => dice.one(["replace-existing-checks", "replace-existing-checks=false", "dc=none", "pretty"])])}`,
			body: json({
				...dice.maybe(2, () => ({ ID: dice.one(ids) })),
				...(dice.chance(15) ? {} : { Name: dice.one(agentServices) }),
				...dice.maybe(2, () => ({ Tags: dice.chance(6) ? null : dice.some(tags, 3) })),
				...dice.maybe(3, () => ({
					Address: dice.one(["10.0.0.1", "", "ex.com", "0.0.0.0", "::1", "::", "fe80::1"]),
				})),
				...dice.maybe(6, () => ({ TaggedAddresses: taggedAddresses(dice) })),
				...dice.maybe(3, () => ({ Meta: dice.chance(6) ? null : meta(dice) })),
				...dice.maybe(2, () => ({ Port: dice.one<unknown>([80, 0, 8080, -1, 70000, "80"]) })),
				...dice.maybe(5, () => ({ Weights: weights(dice) })),
				...dice.maybe(5, () => ({ EnableTagOverride: dice.chance(2) })),
				...dice.maybe(10, () => ({ enable_tag_override: true })),
				...dice.maybe(3, () => ({ Check: agentCheck(dice, false) })),
				...dice.maybe(4, () => ({ Checks: [agentCheck(dice, false), agentCheck(dice, false)] })),
				...dice.maybe(15, () => ({ Kind: dice.one(["", "typical"]) })),
				...dice.maybe(40, () => ({ Nope: 1 })),
			}),
		};
	}
	if (which < 6) {
		if (dice.chance(15))
			return { method: "PUT", path: "/v1/agent/check/register", body: dice.one(badJson), settles: true };
		return {
			method: "PUT",
			settles: true,
			path: "/v1/agent/check/register",
			body: json({ ...agentCheck(dice, true), ...dice.maybe(3, () => ({ ServiceID: dice.one(ids) })) }),
		};
	}
	const id = dice.one([...checkIds, "disk", "service:web1", "service:web1:1", "none", ""]);
	switch (dice.below(9)) {
		case 0:
			return { method: "PUT", settles: true, path: `/v1/agent/service/deregister/${path(dice.one(ids))}` };
		case 1:
			return {
				method: "PUT",
				settles: true,
				path: `/v1/agent/service/maintenance/${path(dice.one(ids))}${query(dice, [() => `enable=${dice.one(booleans)}`, () => `enable=${dice.one(booleans)}`, () => `enable=true`, () => "reason=because%20x"])}`,
			};
		case 2:
			return {
				method: "PUT",
				settles: true,
				path: `/v1/agent/maintenance${query(dice, [() => "enable=false", () => `enable=${dice.one(booleans)}`, () => "reason=why"])}`,
			};
		case 3:
			return { method: "PUT", settles: true, path: `/v1/agent/check/deregister/${path(id)}` };
		case 4:
		case 5:
			return {
				method: "PUT",
				settles: true,
				path: `/v1/agent/check/${dice.one(["pass", "warn", "fail"])}/${path(id)}${query(dice, [() => "note=n%20x"])}`,
			};
		case 6:
			return {
				method: "PUT",
				settles: true,
				path: `/v1/agent/check/update/${path(id)}`,
				body: dice.chance(5)
					? dice.one(badJson)
					: json({
							Status: dice.one(statuses),
							...dice.maybe(2, () => ({ Output: dice.one(["fine", "", "x".repeat(5000)]) })),
						}),
			};
		case 7:
			return {
				method: "GET",
				path: `/v1/agent/health/service/${dice.one(["id", "name"])}/${path(dice.one([...ids, ...services, ""]))}${query(dice, [() => dice.one(["format=text", "format=json", "format=x"])])}`,
			};
		default:
			return {
				method: dice.one(["GET", "POST", "OPTIONS"]),
				path: `/v1/agent/${dice.one(["service/register", "check/register", "maintenance", "check/pass/x", "service/deregister/web", "service/maintenance/web"])}`,
			};
	}
};

const agentRead = (dice: Dice): Step => ({
	method: dice.chance(25) ? dice.one(["PUT", "POST", "OPTIONS"]) : "GET",
	path: `/v1/agent/${dice.one(["services", "checks", `service/${path(dice.one(ids))}`, `health/service/id/${path(dice.one(ids))}`, `health/service/name/${path(dice.one(services))}`])}${query(dice, [() => `filter=${encodeURIComponent(dice.one(filters))}`, () => dice.one(modes)])}`,
});

function txnOperation(dice: Dice): unknown {
	switch (dice.below(9)) {
		case 0:
		case 1:
		case 2:
		case 3:
			return {
				KV: {
					...(dice.chance(20)
						? {}
						: {
								Verb: dice.one([
									"set",
									"cas",
									"lock",
									"unlock",
									"get",
									"get-or-empty",
									"get-tree",
									"check-index",
									"check-session",
									"check-not-exists",
									"delete",
									"delete-tree",
									"delete-cas",
									"set",
									"get",
									"nope",
									"",
								]),
							}),
					...(dice.chance(15) ? {} : { Key: decodeURIComponent(dice.one(keys)) }),
					...dice.maybe(2, () => ({ Value: dice.one<unknown>(["b25l", "", null, "!!", "dHdv"]) })),
					...dice.maybe(5, () => ({ Flags: dice.one<unknown>([1, 0, 18, -1, "x"]) })),
					...dice.maybe(3, () => ({ Index: dice.one<unknown>([0, 1, 5, 999999, -1]) })),
					...dice.maybe(3, () => ({ Session: dice.one(sessionNames) })),
				},
			};
		case 4: {
			const named = dice.one(externalNodes);
			return {
				Node: {
					Verb: dice.one(["get", "set", "cas", "delete", "delete-cas", "nope", ""]),
					Node: {
						...(dice.chance(15) ? {} : { Node: named }),
						...dice.maybe(2, () => ({ Address: "10.0.0.7" })),
						...dice.maybe(4, () => ({ Meta: meta(dice) })),
						...dice.maybe(6, () => ({ ID: dice.one([idOf(named), "x"]) })),
						...dice.maybe(5, () => ({ ModifyIndex: dice.one([0, 1, 99999]) })),
						...dice.maybe(6, () => ({ TaggedAddresses: { lan: "1.1.1.1" } })),
						...dice.maybe(8, () => ({ Datacenter: dice.one(["dc1", "x"]) })),
					},
				},
			};
		}
		case 5:
			return {
				Service: {
					Verb: dice.one(["get", "set", "cas", "delete", "delete-cas", "nope"]),
					...(dice.chance(10) ? {} : { Node: dice.one(externalNodes) }),
					Service: { ...catalogService(dice), ...dice.maybe(5, () => ({ ModifyIndex: dice.one([0, 1, 99999]) })) },
				},
			};
		case 6:
			return {
				Check: {
					Verb: dice.one(["get", "set", "set", "delete", "delete-cas", "nope"]),
					Check: {
						Node: dice.one(externalNodes),
						...catalogCheck(dice, "alpha"),
						...dice.maybe(5, () => ({ ModifyIndex: dice.one([0, 1, 99999]) })),
					},
				},
			};
		case 7:
			return { Session: { Verb: dice.one(["delete", "nope"]), Session: { ID: dice.one(sessionNames) } } };
		default:
			return dice.one<unknown>([
				{},
				{ KV: null },
				{ Nope: {} },
				1,
				{ KV: { Verb: "get", Key: "a" }, Node: { Verb: "get", Node: { Node: "alpha" } } },
				{ Intention: {} },
				null,
			]);
	}
}

const txn = (dice: Dice): Step => {
	if (dice.chance(25)) return { method: "PUT", path: "/v1/txn", body: dice.one(badJson) };
	const readOnly = dice.chance(4);
	const operations = Array.from({ length: 1 + dice.below(4) }, () =>
		readOnly
			? {
					KV: {
						Verb: dice.one(["get", "get-tree", "check-index", "get-or-empty", "check-session"]),
						Key: dice.one(["a", "a/b", "b", "none", ""]),
					},
				}
			: txnOperation(dice),
	);
	return {
		method: dice.chance(40) ? "POST" : "PUT",
		path: `/v1/txn${query(dice, [() => dice.one(["stale", "consistent", "dc=dc1", "dc=none", "pretty", "max_stale=x", "stale&consistent"])])}`,
		body: json(operations),
	};
};

const preparedQuery = (dice: Dice): Step => {
	const definition = () =>
		dice.chance(10)
			? dice.one(badJson)
			: json({
					...dice.maybe(2, () => ({ Name: dice.one(queryTexts) })),
					...dice.maybe(4, () => ({ Session: dice.one(sessionNames) })),
					...dice.maybe(10, () => ({ Token: dice.one(["", "x"]) })),
					...dice.maybe(10, () => ({ ID: uuids[0] })),
					...dice.maybe(5, () => ({
						Template: dice.one<unknown>([
							{ Type: "name_prefix_match" },
							{ Type: "name_prefix_match", Regexp: "^geo-(.*)$" },
							{ Type: "bad" },
							{ Type: "name_prefix_match", Regexp: "(" },
							{},
							{ Type: "name_prefix_match", RemoveEmptyTags: true },
						]),
					})),
					...(dice.chance(12)
						? {}
						: {
								Service: {
									...(dice.chance(12)
										? {}
										: { Service: dice.one([...services, "${match(1)}", "${name.suffix}", "${bad}"]) }),
									...dice.maybe(4, () => ({
										Failover: dice.one<unknown>([
											{ NearestN: 1 },
											{ Datacenters: ["dc1"] },
											{ NearestN: -1 },
											{ Datacenters: ["dc9"] },
											{},
											{ Targets: [{ Datacenter: "dc9" }] },
											{ NearestN: 1, Targets: [{ Datacenter: "dc1" }] },
											{ Targets: [{}] },
										]),
									})),
									...dice.maybe(3, () => ({ OnlyPassing: dice.chance(2) })),
									...dice.maybe(4, () => ({
										Tags: dice.one<unknown>([["v1"], ["!v1"], [], ["V1", "!prod"], [""], null]),
									})),
									...dice.maybe(5, () => ({ NodeMeta: meta(dice) })),
									...dice.maybe(5, () => ({ ServiceMeta: meta(dice) })),
									...dice.maybe(5, () => ({ IgnoreCheckIDs: ["c1"] })),
									...dice.maybe(6, () => ({ Near: dice.one(["_agent", "alpha", "_ip", ""]) })),
									...dice.maybe(15, () => ({ Connect: false })),
								},
							}),
					...dice.maybe(4, () => ({
						DNS: dice.one<unknown>([{ TTL: "10s" }, { TTL: "x" }, { TTL: "-1s" }, {}, { TTL: "" }]),
					})),
					...dice.maybe(30, () => ({ Nope: 1 })),
				});
	switch (dice.below(9)) {
		case 0:
		case 1:
		case 2:
			return { method: "POST", path: "/v1/query", body: definition(), gives: `{q${counter++ % 3}}` };
		case 3:
			return { method: "PUT", path: `/v1/query/${dice.one([...queryNames, "x"])}`, body: definition() };
		case 4:
			return { method: "DELETE", path: `/v1/query/${dice.one([...queryNames, "x", ""])}` };
		case 5:
			return {
				method: "GET",
				path: `/v1/query${dice.chance(2) ? "" : `/${dice.one([...queryNames, "web-q", "x", ""])}`}${query(dice, [() => dice.one(modes)])}`,
			};
		case 6:
			return {
				method: dice.one(["GET", "GET", "PUT", "OPTIONS", "HEAD"]),
				path: `/v1/query/${path(dice.one([...queryNames, ...queryTexts, "geo-web"]))}/explain${query(dice, [() => dice.one(modes)])}`,
			};
		default:
			return {
				method: "GET",
				path: `/v1/query/${path(dice.one([...queryNames, ...queryTexts, "geo-web"]))}/execute${query(dice, [() => dice.one(["limit=1", "limit=0", "limit=-1", "limit=x", "limit="]), () => "near=_agent", () => dice.one(modes), () => "connect=false"])}`,
			};
	}
};

const event = (dice: Dice): Step => {
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

const coordinate = (dice: Dice): Step => {
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

const odd = (dice: Dice): Step => {
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
		"/v1/kv/a%00b",
		"/v1/kv/a?x=%zz",
		"/v1/kv/a?x=1;y=2",
		"/v1/kv/%zz",
		"/v1/kv/%FF",
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
		"/v1/operator/raft/transfer-leader",
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
		"/debug/pprof",
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
	const risky =
		(target.startsWith("/v1/snapshot") && method === "GET") ||
		(/monitor|metrics\/stream|acl\/(bootstrap|tok|pol)/.test(target) && false) ||
		(/(leave|join)/.test(target) && method === "PUT" && target.endsWith("1.2.3.4.5"));
	if (risky) return { method: "OPTIONS", path: target };
	return {
		method,
		path: target,
		...(dice.chance(3) && ["PUT", "POST"].includes(method) ? { body: dice.one(badJson) } : {}),
	};
};

const families: Readonly<Record<string, readonly [number, (dice: Dice) => Step]>> = {
	kv: [4, kv],
	session: [3, session],
	catalogWrite: [4, catalogWrite],
	catalogRead: [5, catalogRead],
	agentService: [4, agentService],
	agentRead: [2, agentRead],
	txn: [3, txn],
	query: [3, preparedQuery],
	event: [1, event],
	coordinate: [1, coordinate],
	odd: [2, odd],
};

/** The next request of a random sequence; `only` draws from these families. */
export function nextStep(dice: Dice, only?: readonly string[]): Step {
	const chosen = Object.entries(families).filter(([name]) => only === undefined || only.includes(name));
	const total = chosen.reduce((sum, [, [weight]]) => sum + weight, 0);
	let at = dice.below(total);
	for (const [, [weight, make]] of chosen) {
		at -= weight;
		if (at < 0) return make(dice);
	}
	throw new Error("no family");
}
