import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseName, zoneNameOf } from "./name.ts";
import { recordType } from "./records.ts";

const A = recordType.A;
const SRV = recordType.SRV;
const service = (name: string, tag = "", datacenter = "") => ({ kind: "service", service: name, tag, datacenter });

describe("zoneNameOf", () => {
	const domains = ["consul", "alt.test"];

	it.each([
		["web.service.consul", { labels: ["web", "service"], domain: "consul", zone: "consul" }],
		["Web.Service.CONSUL", { labels: ["web", "service"], domain: "CONSUL", zone: "consul" }],
		["consul", { labels: [], domain: "consul", zone: "consul" }],
		["x.Alt.Test", { labels: ["x"], domain: "Alt.Test", zone: "alt.test" }],
		["web.service.consul.alt.test", { labels: ["web", "service", "consul"], domain: "alt.test", zone: "alt.test" }],
		["notconsul", undefined],
		["test", undefined],
		["", undefined],
	])("%s", (name, expected) => {
		expect(zoneNameOf(name, domains)).toEqual(expected);
	});

	it("takes the longer of two nested domains", () => {
		expect(zoneNameOf("web.service.in.consul", ["consul", "in.consul"])).toMatchObject({ zone: "in.consul" });
		expect(zoneNameOf("web.service.in.consul", ["in.consul", "consul"])).toMatchObject({ zone: "in.consul" });
	});

	it("does not take an empty alternative domain for the root", () => {
		expect(zoneNameOf("example.com", ["consul", ""])).toBeUndefined();
	});
});

describe("parseName", () => {
	it.each<[string, number, unknown]>([
		["web.service", A, service("web")],
		["web.service.dc2", A, service("web", "", "dc2")],
		["web.service.dc2.dc", A, service("web", "", "dc2")],
		["v1.web.service", A, service("web", "v1")],
		// The demo's reload command registers HAProxy with a tag for each service.
		["api.haproxy.service", A, service("haproxy", "api")],
		["a.dotted.tag.web.service.dc2", A, service("web", "a.dotted.tag", "dc2")],
		["_web._tcp.service", A, service("web")],
		["_web._v1.service", SRV, service("web", "v1")],
		["_web._udp.service", SRV, service("web", "udp")],
		["_web._tcp", SRV, service("web")],
		["_web._v1.dc2", SRV, service("web", "v1", "dc2")],
		["_web._tcp.x.service", SRV, service("x", "_web._tcp")],
		["_web.service", SRV, service("_web")],
		["web.service.service", A, service("service", "web")],
		["n1.node", A, { kind: "node", node: "n1", datacenter: "" }],
		["a.b.c.node.dc2", A, { kind: "node", node: "a.b.c", datacenter: "dc2" }],
		["q.with.dots.query", A, { kind: "query", query: "q.with.dots", datacenter: "" }],
		["q.query.dc2", A, { kind: "query", query: "q", datacenter: "dc2" }],
		["0a010203.addr", A, { kind: "address", address: { version: 4, bytes: Buffer.from([10, 1, 2, 3]) } }],
		["0a010203.addr.any.where", A, { kind: "address", address: { version: 4, bytes: Buffer.from([10, 1, 2, 3]) } }],
		["0a0102.addr", A, { kind: "empty" }],
		["0a01020304.addr", A, { kind: "empty" }],
		["web.virtual", A, { kind: "empty" }],
	])("%s", (name, type, expected) => {
		expect(parseName(name.split("."), type)).toEqual(expected);
	});

	it("reads 32 digits as IPv6, even where they spell an IPv4-mapped address", () => {
		const digits = "00000000000000000000ffff0a010001";
		expect(parseName([digits, "addr"], A)).toEqual({
			kind: "address",
			address: { version: 6, bytes: Buffer.from(digits, "hex") },
		});
	});

	it.each<[string, number, string]>([
		["", A, "no label says"],
		["foo.bar", A, "no label says"],
		["_web._tcp", A, "no label says"],
		["service", A, "nothing stands before .service"],
		["web.service.a.b", A, '"a.b" is not a datacenter'],
		["web.service.a.b.c", A, '"a.b.c" is not a datacenter'],
		["q.query.dc2.dc", A, '"dc2.dc" is not a datacenter'],
		["zzzzzzzz.addr", A, '"zzzzzzzz" is not hexadecimal'],
		["0a0102030.addr", A, "is not hexadecimal"],
		["x.0a010203.addr", A, "an address is one label"],
		["web.connect", A, "service mesh names (.connect)"],
		["web.ingress", A, "service mesh names (.ingress)"],
	])("%s: no such name", (name, type, reason) => {
		const labels = name === "" ? [] : name.split(".");
		expect(parseName(labels, type)).toEqual({ kind: "nothing", reason: expect.stringContaining(reason) });
	});

	it("finds the same service again with any tag that has no underscore form", () => {
		const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/);
		fc.assert(
			fc.property(fc.array(label), label, fc.option(label), (tags, name, datacenter) => {
				const labels = [...tags, name, "service", ...(datacenter === null ? [] : [datacenter])];
				fc.pre(!labels.slice(tags.length + 2).some((text) => ["service", "node", "query", "addr"].includes(text)));
				fc.pre(!["connect", "virtual", "ingress"].includes(datacenter ?? ""));
				expect(parseName(labels, A)).toEqual(service(name, tags.join("."), datacenter ?? ""));
			}),
		);
	});
});
