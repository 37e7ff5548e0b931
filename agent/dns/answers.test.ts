import { describe, expect, it } from "vitest";
import { formatIpAddress } from "../../lib/ip-address.ts";
import type { InstanceRecord, ServiceAddress, StringMap } from "../rpc/index.ts";
import { type AnswerContext, namesToFollow, serviceAddressAnswers, serviceSrvAnswers } from "./answers.ts";
import { defaultDnsOptions } from "./options.ts";
import { type DnsRecord, recordType } from "./records.ts";

interface Addresses {
	readonly node: string;
	readonly nodeTags?: StringMap;
	readonly service?: string;
	readonly serviceTags?: Readonly<Record<string, ServiceAddress>>;
}

function instance({ node, nodeTags, service = "", serviceTags }: Addresses): InstanceRecord {
	const indexed = { createIndex: 1, modifyIndex: 1 };
	return {
		node: {
			...indexed,
			id: "",
			node: "N1",
			address: node,
			datacenter: "dc2",
			taggedAddresses: nodeTags ?? null,
			meta: null,
		},
		service: {
			...indexed,
			node: "N1",
			id: "web",
			service: "web",
			kind: "",
			tags: null,
			address: service,
			taggedAddresses: serviceTags ?? null,
			meta: null,
			port: 80,
			weights: { passing: 1, warning: 1 },
			enableTagOverride: false,
		},
		checks: [],
	};
}

function context(type: number, wan: boolean): AnswerContext {
	return {
		owner: "web.service.dc2.consul",
		type,
		domain: "consul",
		datacenter: "dc2",
		ttlSeconds: 0,
		wan,
		options: defaultDnsOptions,
	};
}

function text({ data }: DnsRecord): string {
	if (data.kind === "A" || data.kind === "AAAA") {
		return formatIpAddress({ version: data.kind === "A" ? 4 : 6, bytes: data.address });
	}
	if (data.kind === "SRV") return `${data.port} ${data.target}`;
	return data.kind === "CNAME" ? data.target : data.kind;
}

// Measured on two datacenters of the reference with translate_wan_addrs.
describe("addresses of another datacenter", () => {
	const port = (address: string, number: number) => ({ address, port: number });
	it.each<[string, Addresses, readonly [string, string, string, string]]>([
		[
			"lan_ipv4 wins over a bare wan",
			{ node: "10.0.0.1", nodeTags: { lan_ipv4: "10.0.0.11", wan: "203.0.113.1" } },
			["10.0.0.11", "", "10.0.0.11", "80 0a00000b.addr.dc2.consul"],
		],
		[
			"wan_ipv4 and wan_ipv6",
			{ node: "10.0.0.3", nodeTags: { wan: "203.0.113.3", wan_ipv4: "203.0.113.33", wan_ipv6: "2001:db8::3" } },
			["203.0.113.33", "2001:db8::3", "2001:db8::3", "80 20010db8000000000000000000000003.addr.dc2.consul"],
		],
		[
			"the port of the service's wan address",
			{
				node: "10.0.0.4",
				service: "10.0.0.40",
				serviceTags: { lan_ipv6: port("2001:db8::4", 6), wan: port("203.0.113.4", 9) },
			},
			["203.0.113.4", "2001:db8::4", "2001:db8::4", "9 20010db8000000000000000000000004.addr.dc2.consul"],
		],
		[
			"a host name as wan address",
			{ node: "10.0.0.5", nodeTags: { wan: "host.example.test" } },
			["host.example.test", "host.example.test", "host.example.test", "80 host.example.test"],
		],
		[
			"port 0 of a wan address says nothing",
			{ node: "10.0.0.6", service: "10.0.0.60", serviceTags: { wan: port("203.0.113.6", 0) } },
			["203.0.113.6", "", "203.0.113.6", "80 cb007106.addr.dc2.consul"],
		],
	])("%s", (_, addresses, [a, aaaa, any, srv]) => {
		const instances = [instance(addresses)];
		for (const [type, expected] of [
			[recordType.A, a],
			[recordType.AAAA, aaaa],
			[recordType.ANY, any],
		] as const) {
			const { answers } = serviceAddressAnswers(instances, context(type, true), new Map());
			expect(answers.map(text)).toEqual(expected === "" ? [] : [expected]);
		}
		expect(serviceSrvAnswers(instances, context(recordType.SRV, true), new Map()).answers.map(text)).toEqual([srv]);
	});

	it("are the plain ones without translation", () => {
		const instances = [instance({ node: "10.0.0.1", nodeTags: { wan: "203.0.113.1", wan_ipv4: "203.0.113.2" } })];
		const srv = serviceSrvAnswers(instances, context(recordType.SRV, false), new Map());
		expect(srv.answers.map(text)).toEqual(["80 N1.node.dc2.consul"]);
		expect(srv.additional.map(text)).toEqual(["10.0.0.1"]);
	});
});

describe("namesToFollow", () => {
	const named = [
		instance({ node: "10.0.0.1", service: "a.example.test" }),
		instance({ node: "10.0.0.2", service: "b.example.test." }),
		instance({ node: "10.0.0.3", service: "a.example.test" }),
	];
	it("takes each name once for SRV, the first for other types", () => {
		expect(namesToFollow(named, context(recordType.SRV, false))).toEqual(["a.example.test", "b.example.test"]);
		expect(namesToFollow(named, context(recordType.A, false))).toEqual(["a.example.test"]);
	});

	it("takes none when an instance has an address of the type", () => {
		const mixed = [...named, instance({ node: "10.0.0.4" })];
		expect(namesToFollow(mixed, context(recordType.A, false))).toEqual([]);
		expect(namesToFollow(mixed, context(recordType.AAAA, false))).toEqual(["a.example.test"]);
	});

	it("takes none for a service whose address is the name asked for", () => {
		const self = instance({ node: "10.0.0.1", service: "web.service.dc2.consul." });
		expect(namesToFollow([self], context(recordType.A, false))).toEqual([]);
		expect(serviceAddressAnswers([self], context(recordType.A, false), new Map()).answers.map(text)).toEqual([
			"10.0.0.1",
		]);
	});
});
