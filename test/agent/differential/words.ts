import type { Dice } from "./dice.ts";

export const nodes = ["alpha", "Beta", "ga.mma", "de lta", "none", "n1"];
export const services = ["web", "web-db", "Web", "a b", "x/y", "none"];
export const ids = ["web", "web1", "web2", "w/3", "none"];
export const tags = ["v1", "V1", "prod", "a,b", "", "ü"];
const metaKeys = ["rack", "ver", "Env", "_x", "a.b", ""];
const metaValues = ["1", "", "two", "a b", "ü"];
export const checkIds = ["c1", "c2", "service:web", "mem"];
export const statuses = ["passing", "warning", "critical", "passing", "", "Passing", "bad", "any"];
export const keys = [
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
export const bodies = ["", "1", "two", '{"a":1}', "\u00fc", "<b>&"];
export const badJson = ["", "{", "[]", '"x"', "12", "null", "{}", '{"a":}', "tru", "[{}]", "{}{}", '{"Nope":1}'];
export const booleans = ["true", "false", "1", "0", "T", "x", ""];
export const uuids = ["11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"];
export const sessionNames = ["{s0}", "{s1}", "{s2}", "{s3}", "11111111-2222-3333-4444-555555555555", "none", ""];
export const queryNames = ["{q0}", "{q1}", "{q2}", "11111111-2222-3333-4444-555555555555"];
export const queryTexts = ["web-q", "geo", "", "x y", "web"];

export const filters = [
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

export function path(text: string): string {
	return encodeURIComponent(text).replaceAll("%7B", "{").replaceAll("%7D", "}");
}

export function query(dice: Dice, possible: readonly (() => string)[]): string {
	const given: string[] = [];
	for (const each of possible) if (dice.chance(4)) given.push(each());
	return given.length === 0 ? "" : `?${given.join("&")}`;
}

export const modes = [
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

export function meta(dice: Dice): Record<string, string> {
	return Object.fromEntries(dice.some(metaKeys, 2).map((name) => [name, dice.one(metaValues)]));
}

export function weights(dice: Dice) {
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

export function taggedAddresses(dice: Dice) {
	return dice.one<object>([
		{ lan: { Address: "10.1.1.1", Port: 80 } },
		{ wan: { Address: "ex.com" } },
		{},
		{ lan_ipv4: { Address: "1.1.1.1", Port: 1 } },
		{ x: {} },
	]);
}

export const json = (value: unknown) => JSON.stringify(value);
