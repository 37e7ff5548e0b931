import { between } from "../../lib/env/fake.ts";
import type { Random } from "../../lib/env/index.ts";
import { chance, pick, type Vocabulary } from "./fuzz-questions.ts";

/** A call that brings the catalog about, the same for both programs. */
export interface CatalogCall {
	readonly method: "PUT" | "POST";
	readonly path: string;
	readonly body: unknown;
}

export interface FuzzWorld {
	/** `dns_config` and its neighbours. */
	readonly config: Readonly<Record<string, unknown>>;
	readonly calls: readonly CatalogCall[];
	readonly vocabulary: Vocabulary;
}

const nodeNames = ["n1", "Node-2", "n.3", "n4", "db_5", "n6", "UPPER", "n8"];
const serviceNames = ["web", "Api", "db-1", "cache", "a.b", "under_score", "long-service-name-that-goes-on-and-on"];
const tagNames = ["v1", "Primary", "a.b", "tcp", "x_y", "master"];
/** What stands at the recursor, see `recursor-stub.ts`. */
const outsideNames = [
	"www.example.net",
	"alias.example.net",
	"many.example.net",
	"nothing.example.net",
	"six.example.net",
];

const nodeAddresses = [
	"10.0.0.1",
	"10.0.0.2",
	"10.0.0.3",
	"2001:db8::5",
	"2001:db8::6",
	"10.0.0.2",
	"host.example.net",
	"alias.example.net",
];
const serviceAddresses = [
	"",
	"",
	"",
	"10.1.0.1",
	"10.1.0.2",
	"10.1.0.3",
	"2001:db8:1::1",
	"www.example.net",
	"alias.example.net.",
	"many.example.net",
	"n1.node.consul",
	"web.service.consul",
	"db-1.service.consul",
	"nothing.example.net",
	"::ffff:10.1.2.3",
	"web",
	"n1.node.dc1.consul",
	"q1.query.consul",
];
const metas = [
	{},
	{},
	{ env: "prod" },
	{ "k=1": "v`2", "rfc1035-00": "raw text", " blank ": "x" },
	{ long: "y".repeat(240) },
	{ "RFC1035-X": "z", a: "" },
];

/**
 * A small world with every feature that DNS answers can have; sizes vary so that some answers must be cut.
 *
 * Left out because the reference does not answer at all: metadata above 255 bytes, and `use_cache` with unknown datacenters.
 */
export function randomWorld(random: Random, recursors: readonly string[]): FuzzWorld {
	const calls: CatalogCall[] = [];
	const nodes = nodeNames.slice(0, between(random, 2, nodeNames.length));
	const services = serviceNames.slice(0, between(random, 2, serviceNames.length));
	const odd = chance(random, 0.7);
	const addresses = new Set<string>(["10.0.0.1", "10.9.9.9"]);
	for (const [number, node] of nodes.entries()) {
		const address = odd ? pick(random, nodeAddresses) : `10.0.0.${number + 1}`;
		addresses.add(address);
		const body = { Node: node, Address: address, NodeMeta: odd ? pick(random, metas) : {}, ...taggedNode(random, odd) };
		calls.push(put("/v1/catalog/register", body));
		if (chance(random, 0.15)) calls.push(check(node, "node", pick(random, ["warning", "critical", "passing"])));
	}
	for (const service of services) {
		const many = !odd && chance(random, 0.3);
		const count = many ? between(random, 20, 60) : between(random, 1, 5);
		for (let number = 0; number < count; number++) {
			const node = pick(random, nodes);
			const id = `${service}-${number}`;
			const address = odd ? pick(random, serviceAddresses) : many ? `10.2.0.${number}` : pick(random, ["", "10.1.0.1"]);
			if (/^[\d.:a-f]+$/.test(address)) addresses.add(address);
			const content = {
				ID: id,
				Service: service,
				Address: address,
				Port: pick(random, [0, 80, 8080, 65_535, 8000 + number]),
				Tags: tagNames.filter(() => chance(random, 0.3)),
				...(chance(random, 0.3) ? { Weights: { Passing: between(random, 1, 9), Warning: between(random, 1, 9) } } : {}),
				...(odd && chance(random, 0.15) ? { TaggedAddresses: taggedService(random) } : {}),
			};
			calls.push(put("/v1/catalog/register", { Node: node, Address: "", SkipNodeUpdate: true, Service: content }));
			if (chance(random, 0.4)) calls.push(check(node, `c-${id}`, pick(random, ["passing", "warning", "critical"]), id));
		}
	}
	const queries = ["q1", "Q.two", "tmpl-web", "nothere"];
	calls.push(...preparedQueries(random, services));
	return {
		config: randomConfig(random, recursors),
		calls,
		vocabulary: {
			nodes: [...nodes, "agent-node"],
			services: [...services, "consul"],
			tags: tagNames,
			queries,
			addresses: [...addresses].filter((address) => /^[\d.]+$/.test(address) || /^[0-9a-f:]+$/.test(address)),
			domains: ["consul", "consul", "consul", "consul", "alt.test", "example.net"],
			outside: [...outsideNames, "example.com"],
		},
	};
}

function taggedNode(random: Random, odd: boolean): object {
	if (!odd || !chance(random, 0.25)) return {};
	return {
		TaggedAddresses: pick(random, [
			{ lan: "10.0.9.1", wan: "198.51.100.1" },
			{ lan_ipv4: "10.0.9.2", lan_ipv6: "2001:db8:9::2" },
			{ wan_ipv4: "198.51.100.3", lan_ipv6: "2001:db8:9::3" },
		]),
	};
}

function taggedService(random: Random): object {
	return pick(random, [
		{ lan: { Address: "10.1.9.1", Port: 91 }, wan: { Address: "198.51.100.9", Port: 92 } },
		{ lan_ipv4: { Address: "10.1.9.2", Port: 93 }, lan_ipv6: { Address: "2001:db8:8::2", Port: 94 } },
		{ lan_ipv6: { Address: "2001:db8:8::3", Port: 95 } },
	]);
}

function preparedQueries(random: Random, services: readonly string[]): readonly CatalogCall[] {
	const service = () => pick(random, services);
	return [
		post("/v1/query", {
			Name: "q1",
			Service: { Service: service(), OnlyPassing: chance(random, 0.3) },
			...(chance(random, 0.5) ? { DNS: { TTL: pick(random, ["7s", "0s", "90m"]) } } : {}),
		}),
		post("/v1/query", {
			Name: "Q.two",
			Service: { Service: service(), Tags: [pick(random, ["v1", "!v1", "Primary"])] },
		}),
		post("/v1/query", {
			Name: "tmpl-",
			Template: { Type: "name_prefix_match", Regexp: "^tmpl-(.*)$" },
			Service: { Service: `\${match(1)}` },
		}),
	];
}

function randomConfig(random: Random, recursors: readonly string[]): Readonly<Record<string, unknown>> {
	const maybe = (part: number, value: object) => (chance(random, part) ? value : {});
	return {
		...maybe(0.6, { recursors }),
		...maybe(0.4, { alt_domain: "alt.test" }),
		...maybe(0.2, { translate_wan_addrs: true }),
		dns_config: {
			...maybe(0.3, { node_ttl: "13s" }),
			...maybe(0.4, { service_ttl: { web: "5s", "a*": "11s", "*": "1s", Api: "17s" } }),
			...maybe(0.2, { only_passing: true }),
			...maybe(0.3, { enable_truncate: true }),
			...maybe(0.25, { udp_answer_limit: pick(random, [0, 1, 2, 5, 8, 20]) }),
			...maybe(0.25, { a_record_limit: pick(random, [1, 2, 4]) }),
			...maybe(0.2, { disable_compression: true }),
			...maybe(0.2, { enable_additional_node_meta_txt: false }),
			...maybe(0.2, { soa: { refresh: 1, retry: 2, expire: 3, min_ttl: 4 } }),
			...maybe(0.2, { allow_stale: false }),
		},
	};
}

function check(node: string, id: string, status: string, serviceId?: string): CatalogCall {
	const content = {
		Node: node,
		CheckID: id,
		Name: id,
		Status: status,
		...(serviceId === undefined ? {} : { ServiceID: serviceId }),
	};
	return put("/v1/catalog/register", { Node: node, SkipNodeUpdate: true, Check: content });
}

function put(path: string, body: unknown): CatalogCall {
	return { method: "PUT", path, body };
}

function post(path: string, body: unknown): CatalogCall {
	return { method: "POST", path, body };
}
