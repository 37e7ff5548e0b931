import { type Answer, type DecodedPacket, decode, encode, type RecordType } from "dns-packet";
import { beforeEach, describe, expect, it } from "vitest";
import { between, FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import { createLogger, silentLogger } from "../../lib/log/index.ts";
import { type DnsOptions, defaultDnsOptions } from "./options.ts";
import type { PreparedQueries } from "./prepared-queries.ts";
import type { Transport } from "./recursor.ts";
import { createResponder } from "./responder.ts";
import type { ResponderParts } from "./responder-parts.ts";
import { createTestCatalog, type TestCatalog } from "./testing.ts";

let catalog: TestCatalog;
let options: DnsOptions;

beforeEach(() => {
	catalog = createTestCatalog();
	options = defaultDnsOptions;
	catalog.node("server-1", "10.0.0.1", { meta: { "consul-network-segment": "" } });
	catalog.service("server-1", { service: "consul", port: 8300 });
	catalog.node("n1", "10.0.0.2");
	catalog.service("n1", { id: "web-1", service: "web", port: 8001, tags: ["v1"] });
	catalog.node("n2", "10.0.0.3");
	catalog.service("n2", { id: "web-2", service: "web", port: 8002, address: "10.0.0.33" });
});

function responder(parts: Partial<ResponderParts> = {}) {
	return createResponder({
		endpoints: catalog.endpoints,
		options: () => options,
		datacenter: "dc1",
		clock: new FakeClock(1_700_000_000_000),
		random: fakeRandom(1),
		logger: silentLogger,
		...parts,
	});
}

interface Asking {
	readonly edns?: number;
	readonly transport?: Transport;
	readonly parts?: Partial<ResponderParts>;
}

type Reply = DecodedPacket & { readonly rcode: string };

async function ask(
	name: string,
	type: RecordType | "ANY",
	{ edns, transport = "tcp", parts }: Asking = {},
): Promise<Reply> {
	const opt: Answer = {
		type: "OPT",
		name: ".",
		udpPayloadSize: edns ?? 0,
		extendedRcode: 0,
		ednsVersion: 0,
		flags: 0,
		flag_do: false,
		options: [],
	};
	const questions = [{ name, type: type as RecordType }];
	const packet = encode({
		type: "query",
		id: 99,
		flags: 0x100,
		questions,
		additionals: edns === undefined ? [] : [opt],
	});
	const reply = await responder(parts)(packet, transport);
	if (reply === undefined) throw new Error("no reply");
	return decode(reply) as Reply;
}

/** `owner ttl TYPE data` for each record, sorted: the order of answers is random. */
function texts(records: Answer[] | undefined): string[] {
	return (records ?? [])
		.filter((record) => record.type !== "OPT")
		.map((record) => {
			const { name, type, ttl, data } = record as { name: string; type: string; ttl: number; data: unknown };
			return `${name} ${ttl} ${type} ${dataText(data)}`;
		})
		.sort();
}

function dataText(data: unknown): string {
	if (typeof data === "string") return data;
	if (Array.isArray(data)) return data.map(String).join("|");
	return Object.values(data as object).join(" ");
}

async function answersOf(name: string, type: RecordType | "ANY", asking: Asking = {}): Promise<string[]> {
	return texts((await ask(name, type, asking)).answers);
}

const soa = "consul 0 SOA ns.consul hostmaster.consul 1700000000 3600 600 86400 0";

describe("services", () => {
	it("answers A with the service's address, else the node's", async () => {
		expect(await answersOf("web.service.consul", "A")).toEqual([
			"web.service.consul 0 A 10.0.0.2",
			"web.service.consul 0 A 10.0.0.33",
		]);
	});

	it("answers SRV with targets and their addresses", async () => {
		const reply = await ask("web.service.consul", "SRV");
		expect(texts(reply.answers)).toEqual([
			"web.service.consul 0 SRV 1 1 8001 n1.node.dc1.consul",
			"web.service.consul 0 SRV 1 1 8002 0a000021.addr.dc1.consul",
		]);
		expect(texts(reply.additionals)).toEqual([
			"0a000021.addr.dc1.consul 0 A 10.0.0.33",
			"n1.node.dc1.consul 0 A 10.0.0.2",
		]);
	});

	it("finds the instances with a tag, as in api.haproxy.service.consul", async () => {
		catalog.service("n1", { service: "haproxy", port: 8080, tags: ["api", "shop"] });
		expect(await answersOf("API.haproxy.service.consul", "A")).toEqual(["API.haproxy.service.consul 0 A 10.0.0.2"]);
		expect((await ask("other.haproxy.service.consul", "A")).rcode).toBe("NXDOMAIN");
		expect(catalog.asked[0]).toMatchObject({ consistency: "stale", minIndex: 0, datacenter: "" });
	});

	it("leaves out critical instances, and warnings with only_passing", async () => {
		catalog.check("n1", "warning", { id: "web-1", name: "web" });
		catalog.check("n2", "critical");
		expect(await answersOf("web.service.consul", "A")).toEqual(["web.service.consul 0 A 10.0.0.2"]);
		options = { ...options, onlyPassing: true };
		const reply = await ask("web.service.consul", "A");
		expect([reply.rcode, texts(reply.answers), texts(reply.authorities)]).toEqual(["NXDOMAIN", [], [soa]]);
	});

	it("weighs instances with a warning by their warning weight", async () => {
		catalog.service("n1", { id: "w", service: "weighed", port: 1, weights: { passing: 7, warning: 3 } });
		expect(await answersOf("weighed.service.consul", "SRV")).toEqual([
			"weighed.service.consul 0 SRV 1 7 1 n1.node.dc1.consul",
		]);
		catalog.check("n1", "warning", { id: "w", name: "weighed" });
		expect(await answersOf("weighed.service.consul", "SRV")).toEqual([
			"weighed.service.consul 0 SRV 1 3 1 n1.node.dc1.consul",
		]);
	});

	it("says with a SOA record that a name has nothing of the type", async () => {
		const reply = await ask("web.service.consul", "AAAA");
		expect([reply.rcode, texts(reply.answers), texts(reply.authorities)]).toEqual(["NOERROR", [], [soa]]);
	});

	it("shuffles", async () => {
		const firsts = new Set<string>();
		const respond = responder();
		const packet = encode({ type: "query", id: 1, questions: [{ name: "web.service.consul", type: "A" }] });
		for (let time = 0; time < 30; time++) {
			const [first] = decode((await respond(packet, "udp")) ?? Buffer.alloc(0)).answers ?? [];
			firsts.add(JSON.stringify(first));
		}
		expect(firsts.size).toBe(2);
	});

	it("gives the TTL of the exact name, else of the longest prefix", async () => {
		options = { ...options, serviceTtlMs: { web: 9500, "w*": 7000, "*": 5000 } };
		catalog.service("n1", { service: "wax" });
		catalog.service("n1", { service: "api" });
		expect(await answersOf("wax.service.consul", "A")).toEqual(["wax.service.consul 7 A 10.0.0.2"]);
		expect(await answersOf("api.service.consul", "A")).toEqual(["api.service.consul 5 A 10.0.0.2"]);
		const reply = await ask("v1.web.service.consul", "SRV");
		expect([...texts(reply.answers), ...texts(reply.additionals)].map((text) => text.split(" ")[1])).toEqual([
			"9",
			"9",
		]);
	});

	it("gives every address once, and at most a_record_limit of them", async () => {
		catalog.service("n1", { id: "web-3", service: "web", port: 8003 });
		expect(await answersOf("web.service.consul", "A")).toHaveLength(2);
		expect(await answersOf("web.service.consul", "SRV")).toHaveLength(3);
		options = { ...options, aRecordLimit: 1 };
		expect(await answersOf("web.service.consul", "A")).toHaveLength(1);
		expect(await answersOf("web.service.consul", "SRV")).toHaveLength(3);
	});

	it("follows a host name inside the zone, and gives up on a circle of them", async () => {
		catalog.service("n1", { service: "alias", port: 1, address: "n2.node.consul" });
		catalog.service("n1", { service: "circle", port: 1, address: "wheel.service.consul" });
		catalog.service("n1", { service: "wheel", port: 1, address: "circle.service.consul" });
		expect(await answersOf("alias.service.consul", "A")).toEqual([
			"alias.service.consul 0 CNAME n2.node.consul",
			"n2.node.consul 0 A 10.0.0.3",
		]);
		expect(await answersOf("circle.service.consul", "A")).toHaveLength(4);
	});

	it("leaves out SRV targets that no message can carry", async () => {
		catalog.node("x".repeat(70), "10.0.0.70");
		catalog.service("x".repeat(70), { id: "web-70", service: "web", port: 70 });
		expect(await answersOf("web.service.consul", "SRV")).toHaveLength(2);
		expect(await answersOf("web.service.consul", "A")).toHaveLength(3);
	});

	it("chooses tagged addresses by type", async () => {
		const taggedAddresses = {
			lan_ipv4: { address: "10.9.0.4", port: 4 },
			lan_ipv6: { address: "2001:db8::6", port: 6 },
			wan: { address: "192.0.2.1", port: 9 },
		};
		catalog.service("n1", { service: "both", port: 1, address: "10.9.0.1", taggedAddresses });
		expect(await answersOf("both.service.consul", "A")).toEqual(["both.service.consul 0 A 10.9.0.4"]);
		expect(await answersOf("both.service.consul", "AAAA")).toEqual(["both.service.consul 0 AAAA 2001:db8::6"]);
		expect(await answersOf("both.service.consul", "SRV")).toEqual([
			"both.service.consul 0 SRV 1 1 1 20010db8000000000000000000000006.addr.dc1.consul",
		]);
	});
});

describe("nodes", () => {
	it("answers the address, with metadata beside it", async () => {
		const reply = await ask("SERVER-1.node.consul", "A");
		expect(texts(reply.answers)).toEqual(["SERVER-1.node.consul 0 A 10.0.0.1"]);
		expect(texts(reply.additionals)).toEqual(["SERVER-1.node.consul 0 TXT consul-network-segment="]);
	});

	it("answers TXT and ANY with the metadata, A without when it is switched off", async () => {
		options = { ...options, additionalNodeMetaTxt: false, nodeTtlMs: 10_000 };
		expect(await answersOf("server-1.node.consul", "TXT")).toEqual([
			"server-1.node.consul 10 TXT consul-network-segment=",
		]);
		expect(await answersOf("server-1.node.consul", "ANY")).toHaveLength(2);
		expect((await ask("server-1.node.consul", "A")).additionals).toEqual([]);
	});

	it("does not look at the node for other types", async () => {
		const reply = await ask("nobody.node.consul", "SRV");
		expect([reply.rcode, reply.authorities]).toEqual(["NOERROR", []]);
		expect(catalog.asked).toEqual([]);
	});

	it.each([
		["nobody.node.consul", "NXDOMAIN"],
		["n1.node.elsewhere.consul", "NXDOMAIN"],
		["n1.node.dc1.consul", "NOERROR"],
	])("%s: %s", async (name, rcode) => {
		expect((await ask(name, "A")).rcode).toBe(rcode);
	});
});

describe("the zone", () => {
	it("answers SOA and NS for any name in it", async () => {
		const reply = await ask("any.thing.Consul", "SOA");
		expect(texts(reply.answers)).toEqual([soa]);
		expect(texts(reply.authorities)).toEqual(["Consul 0 NS server-1.node.dc1.consul"]);
		expect(texts(reply.additionals)).toEqual(["server-1.node.dc1.consul 0 A 10.0.0.1"]);
		expect(await answersOf("any.thing.Consul", "NS")).toEqual(["Consul 0 NS server-1.node.dc1.consul"]);
	});

	it("names at most three servers, and none whose name is no host name", async () => {
		for (const name of ["server-2", "server_3", "server-4", "server-5"]) {
			catalog.node(name, "10.0.0.9");
			catalog.service(name, { service: "consul" });
		}
		const names = await answersOf("consul", "NS");
		expect(names).toHaveLength(3);
		expect(names.join()).not.toContain("_");
	});

	it("has a second domain, with its own SOA below the apex", async () => {
		options = { ...options, altDomain: "alt.test." };
		expect(await answersOf("web.service.alt.test", "SRV")).toContain(
			"web.service.alt.test 0 SRV 1 1 8001 n1.node.dc1.alt.test",
		);
		expect(texts((await ask("no.service.alt.test", "A")).authorities)[0]).toMatch(/^alt\.test 0 SOA ns\.alt\.test/);
		expect(await answersOf("alt.test", "SOA")).toEqual([soa]);
	});

	it("does not give itself away as a whole", async () => {
		expect((await ask("consul", "AXFR")).rcode).toBe("NOTIMP");
	});

	it("encodes addresses in names", async () => {
		expect(await answersOf("0A000001.ADDR.Consul", "A")).toEqual(["0a000001.addr.Consul 0 A 10.0.0.1"]);
		const other = await ask("0a000001.addr.consul", "AAAA");
		expect([other.answers, texts(other.additionals)]).toEqual([[], ["0a000001.addr.consul 0 A 10.0.0.1"]]);
	});

	it("answers REFUSED outside, without EDNS and without AA", async () => {
		const reply = await ask("www.example.test", "A", { edns: 1232 });
		expect([reply.rcode, reply.flag_aa, reply.flag_ra, reply.additionals]).toEqual(["REFUSED", false, false, []]);
	});
});

describe("reverse lookups", () => {
	it.each([
		["2.0.0.10.in-addr.arpa", "n1.node.dc1.consul"],
		["33.0.0.10.In-Addr.arpa", "web.service.dc1.consul"],
	])("%s", async (name, target) => {
		expect(await answersOf(name, "A")).toEqual([`${name} 0 PTR ${target}`]);
	});

	it("adds the SOA record when it is asked for", async () => {
		expect(texts((await ask("2.0.0.10.in-addr.arpa", "SOA")).authorities)).toEqual([soa]);
	});

	it("answers SERVFAIL for what is not here, with EDNS", async () => {
		const reply = await ask("9.9.9.9.in-addr.arpa", "PTR", { edns: 1232 });
		expect([reply.rcode, reply.flag_aa, reply.flag_ra, reply.additionals?.length]).toEqual([
			"SERVFAIL",
			false,
			true,
			1,
		]);
	});
});

describe("limits", () => {
	beforeEach(() => {
		for (let index = 1; index <= 12; index++) {
			catalog.node(`m${index}`, `10.7.0.${index}`);
			catalog.service(`m${index}`, { service: "many", port: index });
		}
	});

	it("gives three answers over UDP, all with EDNS or over TCP", async () => {
		expect(await answersOf("many.service.consul", "A", { transport: "udp" })).toHaveLength(3);
		expect(await answersOf("many.service.consul", "A", { transport: "udp", edns: 1232 })).toHaveLength(12);
		expect(await answersOf("many.service.consul", "A")).toHaveLength(12);
	});

	it("sets TC on a cut answer only when told to", async () => {
		expect((await ask("many.service.consul", "A", { transport: "udp" })).flag_tc).toBe(false);
		options = { ...options, enableTruncate: true };
		expect((await ask("many.service.consul", "A", { transport: "udp" })).flag_tc).toBe(true);
		expect((await ask("many.service.consul", "A")).flag_tc).toBe(false);
	});
});

describe("trouble", () => {
	it("answers SERVFAIL when the catalog does not, and logs that once in a while", async () => {
		const lines: string[] = [];
		const clock = new FakeClock();
		const logger = createLogger({ level: "info", clock, write: (line) => lines.push(line) });
		const respond = responder({ clock, logger });
		catalog.failWith(new DiscoError("NO_LEADER", "No cluster leader"));
		const packet = encode({ type: "query", id: 5, questions: [{ name: "web.service.consul", type: "A" }] });
		for (let time = 0; time < 50; time++) {
			expect((decode((await respond(packet, "udp")) ?? Buffer.alloc(0)) as Reply).rcode).toBe("SERVFAIL");
		}
		expect(lines).toHaveLength(1);
		clock.advance(10_000);
		await respond(packet, "udp");
		expect(lines[1]).toContain("unlogged=49");
	});

	it("answers NXDOMAIN where the token may see nothing, and asks with that token", async () => {
		catalog.failWith(new DiscoError("PERMISSION_DENIED", "Permission denied"));
		expect((await ask("web.service.consul", "A", { parts: { token: () => "secret" } })).rcode).toBe("NXDOMAIN");
		expect(catalog.asked[0]?.token).toBe("secret");
	});
});

describe("prepared queries", () => {
	const queries: PreparedQueries = {
		async execute(name, readOptions) {
			if (name !== "near") return undefined;
			const { value } = await catalog.endpoints.health.service("web", readOptions);
			return { service: "web", datacenter: "dc2", instances: value, ttlMs: 33_000 };
		},
	};

	it("answers with the query's own order, TTL and datacenter", async () => {
		const reply = await ask("near.query.consul", "SRV", { parts: { queries } });
		expect(reply.answers).toMatchObject([
			{ ttl: 33, data: { target: "n1.node.dc2.consul" } },
			{ ttl: 33, data: { target: "0a000021.addr.dc2.consul" } },
		]);
	});

	it.each([
		["far.query.consul", { queries }],
		["near.query.consul", {}],
	])("%s: no such query", async (name, parts) => {
		expect((await ask(name, "A", { parts })).rcode).toBe("NXDOMAIN");
	});
});

it("survives 20,000 broken packets: no throw, never another's id, never a stall", async () => {
	const random = fakeRandom(20_000);
	const respond = responder({ random });
	const names = ["web.service.consul", "n1.node.consul", "consul", "2.0.0.10.in-addr.arpa", "www.example.test"];
	const seeds = names.flatMap((name) =>
		(["A", "SRV", "TXT"] as const).map((type) =>
			encode({
				type: "query",
				id: 0xabcd,
				flags: 0x100,
				questions: [{ name, type }],
				additionals: [
					{
						type: "OPT",
						name: ".",
						udpPayloadSize: 1232,
						extendedRcode: 0,
						ednsVersion: 0,
						flags: 0,
						flag_do: false,
						options: [{ code: 8, ip: "198.51.100.0", sourcePrefixLength: 24 }],
					},
				],
			}),
		),
	);
	let answered = 0;
	for (let round = 0; round < 20_000; round++) {
		let packet = Buffer.from(seeds[round % seeds.length] ?? "");
		for (let change = between(random, 1, 4); change > 0; change--) {
			const at = between(random, 0, Math.max(0, packet.length - 1));
			const kind = between(random, 0, 3);
			if (kind === 0) packet = packet.subarray(0, at);
			else if (kind === 1) packet = Buffer.concat([packet.subarray(0, at), random.bytes(3), packet.subarray(at)]);
			else if (packet.length > 0) packet[at] = between(random, 0, 255);
		}
		const reply = await respond(packet, round % 2 === 0 ? "udp" : "tcp");
		if (reply === undefined) continue;
		answered++;
		if (reply.readUInt16BE(0) !== packet.readUInt16BE(0)) throw new Error(`another id for ${packet.toString("hex")}`);
		if ((reply.readUInt16BE(2) & 0x8000) === 0) throw new Error(`no answer for ${packet.toString("hex")}`);
	}
	expect(answered).toBeGreaterThan(5000);
}, 60_000);
