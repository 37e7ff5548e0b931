import type { Dice, Step } from "./dice.ts";
import {
	badJson,
	booleans,
	checkIds,
	filters,
	ids,
	json,
	meta,
	modes,
	path,
	query,
	services,
	statuses,
	taggedAddresses,
	weights,
} from "./words.ts";

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

/** An id keeps its name and tags: checks go along with them here, and do not in the reference. */
const instances = [
	{ Name: "web" },
	{ Name: "web-db", Tags: null },
	{ Name: "a b", Tags: ["a,b", "a,b", "ü"] },
	{ ID: "web1", Name: "web", Tags: ["v1", "V1"] },
	{ ID: "web2", Name: "web", Tags: [] },
	{ ID: "w/3", Name: "x/y", Tags: [""] },
];

export const agentService = (dice: Dice): Step => {
	const which = dice.below(11);
	if (which < 4) {
		if (dice.chance(15))
			return { method: "PUT", path: "/v1/agent/service/register", body: dice.one(badJson), settles: true };
		return {
			method: "PUT",
			settles: true,
			path: `/v1/agent/service/register${query(dice, [() => dice.one(["replace-existing-checks", "replace-existing-checks=false", "dc=none", "pretty"])])}`,
			body: json({
				...dice.one(instances),
				...dice.maybe(15, () => ({ Name: "" })),
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

export const agentRead = (dice: Dice): Step => ({
	method: dice.chance(25) ? dice.one(["PUT", "POST", "OPTIONS"]) : "GET",
	path: `/v1/agent/${dice.one(["services", "checks", `service/${path(dice.one(ids))}`, `health/service/id/${path(dice.one(ids))}`, `health/service/name/${path(dice.one(services))}`])}${query(dice, [() => `filter=${encodeURIComponent(dice.one(filters))}`, () => dice.one(modes)])}`,
});
