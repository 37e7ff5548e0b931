import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { createFastPath } from "./fast-path.ts";
import { type DnsOptions, defaultDnsOptions } from "./options.ts";
import { recordType } from "./records.ts";
import type { Transport } from "./recursor.ts";
import { createGeneralResponder } from "./responder.ts";
import { createTestCatalog, type TestCatalog } from "./testing.ts";

interface Case {
	readonly seed: number;
	readonly nodes: number;
	readonly instances: number;
	/** Of a hundred instances. */
	readonly withAddress: number;
	readonly withMeta: boolean;
	readonly longNames: boolean;
	readonly options: Partial<DnsOptions>;
	readonly question: Question;
}

interface Question {
	readonly name: string;
	readonly type: number;
	readonly transport: Transport;
	readonly edns: number | undefined;
	readonly flags: number;
}

const questions = fc.record({
	name: fc.constantFrom(
		"web.service.consul",
		"WEB.Service.Consul",
		"web.service.dc1.consul",
		"v1.web.service.DC1.consul",
		"_web._tcp.service.dc1.dc.consul",
		"_web._v1.consul",
		"web.service.alt.test",
	),
	type: fc.constantFrom<number>(recordType.A, recordType.AAAA, recordType.SRV),
	transport: fc.constantFrom<Transport>("udp", "udp", "tcp"),
	edns: fc.option(fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.constantFrom(512, 1232, 4096)), { nil: undefined }),
	flags: fc.constantFrom(0, 0x0100, 0x0110, 0x0220),
});

const cases: fc.Arbitrary<Case> = fc.record({
	seed: fc.nat(),
	nodes: fc.integer({ min: 1, max: 30 }),
	instances: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 300 })),
	withAddress: fc.constantFrom(0, 50, 100),
	withMeta: fc.boolean(),
	longNames: fc.boolean(),
	options: fc.record(
		{
			altDomain: fc.constant("alt.test"),
			udpAnswerLimit: fc.integer({ min: 0, max: 10 }),
			aRecordLimit: fc.integer({ min: 0, max: 10 }),
			enableTruncate: fc.boolean(),
			onlyPassing: fc.boolean(),
			additionalNodeMetaTxt: fc.boolean(),
			serviceTtlMs: fc.constant({ web: 5_000 }),
		},
		{ requiredKeys: [] },
	),
	question: questions,
});

describe("the fast path", { timeout: 60_000 }, () => {
	it("answers with the bytes of the general path, given the same chance", async () => {
		let answered = 0;
		let asked = 0;
		await fc.assert(
			fc.asyncProperty(cases, async (given) => {
				const { fast, general } = bothAnswers(given);
				const theirs = await general;
				const ours = fast;
				asked++;
				if (ours === undefined) return;
				answered++;
				expect(ours.toString("hex")).toBe(theirs?.toString("hex"));
			}),
			{ numRuns: 300 },
		);
		// The general path has the rest: above all names without records of the type.
		expect(answered / asked).toBeGreaterThan(0.4);
	});

	it("cuts thousands of instances as the general path does", async () => {
		for (const type of [recordType.A, recordType.SRV]) {
			for (const longNames of [false, true]) {
				const question: Question = {
					name: "web.service.consul",
					type,
					transport: "tcp",
					edns: undefined,
					flags: 0x0100,
				};
				const given = {
					seed: 7,
					nodes: 3000,
					instances: 5000,
					withAddress: 50,
					withMeta: false,
					longNames,
					options: {},
				};
				const { fast, general } = bothAnswers({ ...given, question });
				const ours = fast;
				expect(ours).toBeDefined();
				expect(ours?.equals((await general) ?? Buffer.alloc(0))).toBe(true);
			}
		}
	});

	it("follows the catalog and the options at once", async () => {
		const catalog = createTestCatalog();
		let options = defaultDnsOptions;
		catalog.node("n1", "10.0.0.1");
		catalog.service("n1", { service: "web", port: 80 });
		const parts = partsOf(catalog, () => options, 1);
		const fast = createFastPath(parts);
		const packet = packetOf({ name: "web.service.consul", type: 1, transport: "udp", edns: undefined, flags: 0 });
		expect(fast(packet, "udp")).toBeUndefined();
		const address = () => fast(packet, "udp")?.subarray(-4).join(".");
		expect(address()).toBe("10.0.0.1");
		catalog.node("n1", "10.0.0.2");
		expect(address()).toBe("10.0.0.2");
		options = { ...options, serviceTtlMs: { web: 9_000 } };
		expect(fast(packet, "udp")).toBeUndefined();
		expect(fast(packet, "udp")?.subarray(-10, -6).readUInt32BE(0)).toBe(9);
		catalog.removeNode("n1");
		expect(fast(packet, "udp")).toBeUndefined();
	});
});

function bothAnswers(given: Case) {
	const catalog = catalogOf(given);
	const options = { ...defaultDnsOptions, ...given.options };
	const packet = packetOf(given.question);
	const fast = createFastPath(partsOf(catalog, () => options, given.seed));
	// A question is prepared the second time that it is asked.
	expect(fast(packet, given.question.transport)).toBeUndefined();
	const general = createGeneralResponder(partsOf(catalog, () => options, given.seed));
	return {
		fast: fast(packet, given.question.transport),
		general: general(packet, given.question.transport),
	};
}

function partsOf(catalog: TestCatalog, options: () => DnsOptions, seed: number) {
	return {
		endpoints: catalog.endpoints,
		options,
		datacenter: "dc1",
		clock: new FakeClock(1_700_000_000_000),
		random: fakeRandom(seed),
		logger: silentLogger,
	};
}

function catalogOf({ seed, nodes, instances, withAddress, withMeta, longNames }: Case): TestCatalog {
	const random = fakeRandom(seed);
	const upTo = (count: number) => Math.floor(random.next() * count);
	const catalog = createTestCatalog();
	const nodeName = (number: number) => (longNames ? `Node-${"x".repeat(number % 50)}-${number}` : `n${number}`);
	for (let number = 0; number < nodes; number++) {
		const address = number % 7 === 6 ? `2001:db8::${number}` : `10.0.${number >> 8}.${number & 255}`;
		const meta =
			withMeta && upTo(3) > 0
				? { env: "prod", number: `${number}`, ...(upTo(2) > 0 ? { long: "y".repeat(upTo(300)) } : {}) }
				: {};
		catalog.node(nodeName(number), address, { meta });
		if (upTo(10) === 0) catalog.check(nodeName(number), "warning");
	}
	for (let number = 0; number < instances; number++) {
		const node = nodeName(upTo(nodes));
		const ownAddress = upTo(100) < withAddress;
		const address = !ownAddress ? "" : number % 11 === 10 ? `2001:db8:1::${upTo(500)}` : `10.1.0.${upTo(256)}`;
		const id = `web-${number}`;
		catalog.service(node, { id, service: "web", address, port: upTo(5), tags: number % 2 === 0 ? ["v1"] : [] });
		if (upTo(10) === 0) catalog.check(node, upTo(2) === 0 ? "critical" : "warning", { id, name: "web" });
	}
	return catalog;
}

function packetOf({ name, type, edns, flags }: Question): Buffer {
	const header = Buffer.alloc(12);
	header.writeUInt16BE(0xbeef, 0);
	header.writeUInt16BE(flags, 2);
	header[5] = 1;
	header[11] = edns === undefined ? 0 : 1;
	const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
	const opt = Buffer.alloc(edns === undefined ? 0 : 11);
	if (edns !== undefined) {
		opt[2] = recordType.OPT;
		opt.writeUInt16BE(edns, 3);
	}
	return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1]), opt]);
}
