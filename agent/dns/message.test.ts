import { decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	decodeQuery,
	encodedBytes,
	encodeResponse,
	plainBytes,
	type QueryMessage,
	type ResponseMessage,
} from "./message.ts";
import { type DnsRecord, recordType, responseCode } from "./records.ts";

function question(name: string, type: "A" | "SRV" = "A", edns?: number): Buffer {
	const additionals =
		edns === undefined
			? []
			: [
					{
						type: "OPT" as const,
						name: ".",
						udpPayloadSize: edns,
						extendedRcode: 0,
						ednsVersion: 0,
						flags: 0,
						flag_do: false,
						options: [],
					},
				];
	return encode({ type: "query", id: 4660, flags: 0x100, questions: [{ type, name }], additionals });
}

function decoded(packet: Buffer): QueryMessage {
	const result = decodeQuery(packet);
	if (result.kind !== "query") throw new Error(`expected a query, got ${result.kind}`);
	return result.query;
}

function response(query: QueryMessage, parts: Partial<ResponseMessage> = {}): ResponseMessage {
	return {
		query,
		code: responseCode.NOERROR,
		authoritative: true,
		truncated: false,
		recursionAvailable: false,
		answers: [],
		authority: [],
		additional: [],
		...parts,
	};
}

const record = (owner: string, data: DnsRecord["data"], ttlSeconds = 5): DnsRecord => ({ owner, ttlSeconds, data });

describe("decodeQuery", () => {
	it("reads id, flags, question and EDNS", () => {
		expect(decoded(question("Web.service.consul", "SRV", 1232))).toMatchObject({
			id: 4660,
			opcode: 0,
			recursionDesired: true,
			checkingDisabled: false,
			question: { name: "Web.service.consul", labels: ["Web", "service", "consul"], type: recordType.SRV },
			edns: { udpSizeBytes: 1232 },
		});
	});

	it("reads the root", () => {
		expect(decoded(question(".")).question).toMatchObject({ name: "", labels: [] });
	});

	it("takes a message that announces records and ends before them", () => {
		const packet = question("a.consul");
		packet.writeUInt16BE(1, 10);
		expect(decoded(packet).edns).toBeUndefined();
	});

	const with16 = (at: number, value: number) => {
		const packet = question("a.consul");
		packet.writeUInt16BE(value, at);
		return packet;
	};
	it.each<[string, Buffer, unknown]>([
		["shorter than a header", Buffer.alloc(11), { kind: "ignore" }],
		["an answer", with16(2, 0x8100), { kind: "ignore" }],
		["no question", with16(4, 0), { code: responseCode.FORMERR }],
		["two questions", with16(4, 2), { code: responseCode.FORMERR }],
		["many answers", with16(6, 2), { code: responseCode.FORMERR }],
		["many authorities", with16(8, 2), { code: responseCode.FORMERR }],
		["many additional records", with16(10, 3), { code: responseCode.FORMERR }],
		["opcode STATUS", with16(2, 2 << 11), { code: responseCode.NOTIMP }],
		["opcode UPDATE", with16(2, 5 << 11), { code: responseCode.NOTIMP }],
		["a cut question", question("a.consul").subarray(0, 20), { code: responseCode.FORMERR }],
		["a label of 64 bytes", with16(12, 0x4000), { code: responseCode.FORMERR }],
		["a pointer as name", with16(12, 0xc00c), { code: responseCode.FORMERR }],
	])("%s", (_, packet, expected) => {
		const result = decodeQuery(packet);
		const seen = result.kind === "refuse" ? { code: Buffer.from(result.reply).readUInt16BE(2) & 0xf } : result;
		expect(seen).toEqual(expected);
	});

	it("repeats the question beside FORMERR when it could be read", () => {
		const packet = question("a.consul", "A", 1232).subarray(0, -1);
		const result = decodeQuery(packet);
		expect(result.kind === "refuse" && decode(Buffer.from(result.reply)).questions).toMatchObject([
			{ name: "a.consul" },
		]);
	});

	it("never throws on any bytes", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
				decodeQuery(Buffer.from(bytes));
			}),
		);
	});
});

const label = fc.stringMatching(/^[a-zA-C]{1,4}$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
const data: fc.Arbitrary<DnsRecord["data"]> = fc.oneof(
	fc.uint8Array({ minLength: 4, maxLength: 4 }).map((address) => ({ kind: "A", address }) as const),
	fc.uint8Array({ minLength: 16, maxLength: 16 }).map((address) => ({ kind: "AAAA", address }) as const),
	fc.tuple(fc.constantFrom("CNAME", "NS", "PTR"), name).map(([kind, target]) => ({ kind, target }) as const),
	name.map((target) => ({ kind: "SRV", priority: 1, weight: 2, port: 80, target }) as const),
	fc
		.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 3 })
		.map((texts) => ({ kind: "TXT", texts }) as const),
	fc.tuple(name, name).map(
		([primary, mailbox]) =>
			({
				kind: "SOA",
				primary,
				mailbox,
				serial: 4_000_000_000,
				refreshSeconds: 1,
				retrySeconds: 2,
				expireSeconds: 3,
				minTtlSeconds: 4,
			}) as const,
	),
);
const records = fc.array(
	fc.tuple(name, data).map(([owner, content]) => record(owner, content)),
	{ maxLength: 12 },
);

describe("encodeResponse", () => {
	it("writes header, question and sections", () => {
		const query = decoded(question("web.service.consul"));
		const packet = encodeResponse(
			response(query, {
				code: responseCode.NXDOMAIN,
				truncated: true,
				recursionAvailable: true,
				answers: [record("web.service.consul", { kind: "A", address: Buffer.from([10, 1, 2, 3]) })],
			}),
			true,
		);
		expect(decode(packet ?? Buffer.alloc(0))).toMatchObject({
			id: 4660,
			type: "response",
			rcode: "NXDOMAIN",
			flag_aa: true,
			flag_tc: true,
			flag_rd: true,
			flag_ra: true,
			questions: [{ name: "web.service.consul", type: "A", class: "IN" }],
			answers: [{ name: "web.service.consul", type: "A", ttl: 5, data: "10.1.2.3" }],
		});
	});

	it("answers EDNS with the size asked for and the client's subnet", () => {
		const subnet = Buffer.from([0, 1, 24, 0, 198, 51, 100]);
		const query = decoded(question("a.consul", "A", 4096));
		for (const [subnetIsGlobal, scopePrefixLength] of [
			[true, 0],
			[false, 24],
		] as const) {
			const edns = { udpSizeBytes: 4096, clientSubnet: subnet, subnetIsGlobal };
			expect(decode(encodeResponse(response(query, { edns }), true) ?? Buffer.alloc(0)).additionals).toMatchObject([
				{ udpPayloadSize: 4096, options: [{ type: "CLIENT_SUBNET", ip: "198.51.100.0", scopePrefixLength }] },
			]);
		}
	});

	it("says the same with and without compression, as another decoder reads it", () => {
		fc.assert(
			fc.property(name, records, records, records, (asked, answers, authority, additional) => {
				const message = response(decoded(question(asked)), { answers, authority, additional });
				const plain = encodeResponse(message, false) ?? Buffer.alloc(0);
				const short = encodeResponse(message, true) ?? Buffer.alloc(0);
				const { id: _id, ...seen } = decode(short);
				expect(seen).toEqual((({ id: _other, ...rest }) => rest)(decode(plain)));
				expect(seen.answers?.map((answer) => answer.name)).toEqual(answers.map(({ owner }) => owner));
				expect(short.length).toBeLessThanOrEqual(plain.length);
				expect(encodedBytes(message, true)).toBe(short.length);
				expect(plainBytes(message)).toBe(plain.length);
			}),
			{ numRuns: 100 },
		);
	});

	it("points right when a label of the question has a dot in it", () => {
		const packet = question("a-b.service.consul");
		packet[14] = ".".charCodeAt(0);
		const query = decoded(packet);
		expect(query.question.labels).toEqual(["a.b", "service", "consul"]);
		const answers = [
			record(query.question.name, { kind: "CNAME", target: "b.service.consul" }),
			record("x.service.consul", { kind: "CNAME", target: "service.consul" }),
		];
		const seen = decode(encodeResponse(response(query, { answers }), true) ?? Buffer.alloc(0));
		expect(seen.answers).toMatchObject([
			{ name: "a.b.service.consul", data: "b.service.consul" },
			{ name: "x.service.consul", data: "service.consul" },
		]);
	});

	it("repeats a question's bytes that are no text", () => {
		const packet = question("abc.service.consul");
		packet[14] = 0xff;
		const query = decoded(packet);
		for (const compress of [true, false]) {
			const answers = [record(query.question.name, { kind: "A", address: Buffer.from([10, 1, 2, 3]) })];
			const reply = encodeResponse(response(query, { answers }), compress) ?? Buffer.alloc(0);
			expect(reply.subarray(12, 36)).toEqual(packet.subarray(12, 36));
			expect(reply.includes(0xef)).toBe(false);
		}
	});

	it("gives nothing for what is longer than a message can be", () => {
		const query = decoded(question("a.consul"));
		const text = record("a.consul", { kind: "TXT", texts: [Buffer.alloc(255), Buffer.alloc(255)] });
		const fitting = response(query, { answers: Array.from({ length: 124 }, () => text) });
		expect(encodeResponse(fitting, true)?.length).toBe(26 + 124 * (12 + 512));
		const tooLong = response(query, { answers: Array.from({ length: 126 }, () => text) });
		expect(encodeResponse(tooLong, true)).toBeUndefined();
		expect(encodedBytes(tooLong, true)).toBe(Number.POSITIVE_INFINITY);
	});
});
