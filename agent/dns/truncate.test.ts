import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodedBytes, type QueryMessage, type ResponseMessage } from "./message.ts";
import { type DnsRecord, recordType, responseCode } from "./records.ts";
import { fitResponse } from "./truncate.ts";

const owner = "web.service.consul";

function message(type: number, answers: number, edns?: number, additionalPerAnswer = 1): ResponseMessage {
	const labels = owner.split(".");
	const wire = Buffer.concat([
		...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
		Buffer.from([0, 0, type, 0, 1]),
	]);
	const query: QueryMessage = {
		id: 1,
		opcode: 0,
		recursionDesired: true,
		checkingDisabled: false,
		question: { name: owner, labels, type, wire },
		...(edns === undefined ? {} : { edns: { udpSizeBytes: edns } }),
	};
	const target = (index: number) => `node-${index}.node.dc1.consul`;
	const address = (index: number): DnsRecord["data"] => ({
		kind: "A",
		address: Buffer.from([10, 0, index >> 8, index]),
	});
	return {
		query,
		code: responseCode.NOERROR,
		authoritative: true,
		truncated: false,
		recursionAvailable: false,
		answers: Array.from({ length: answers }, (_, index) => ({
			owner,
			ttlSeconds: 0,
			data:
				type === recordType.SRV
					? { kind: "SRV", priority: 1, weight: 1, port: index, target: target(index) }
					: address(index),
		})),
		authority: [],
		additional:
			type === recordType.SRV
				? Array.from({ length: answers * additionalPerAnswer }, (_, index) => ({
						owner: target(index % answers),
						ttlSeconds: 0,
						data: address(index),
					}))
				: [],
		...(query.edns === undefined ? {} : { edns: { ...query.edns, subnetIsGlobal: true } }),
	};
}

const udp = { transport: "udp", udpAnswerLimit: 3, compress: true } as const;
const tcp = { ...udp, transport: "tcp" } as const;

describe("fitResponse", () => {
	it.each([
		["3 answers without EDNS", message(recordType.A, 12), udp, 3],
		["the configured limit", message(recordType.A, 12), { ...udp, udpAnswerLimit: 5 }, 5],
		["never more than 8", message(recordType.A, 12), { ...udp, udpAnswerLimit: 20 }, 8],
		["none with limit 0", message(recordType.A, 12), { ...udp, udpAnswerLimit: 0 }, 0],
		["EDNS size 512 is none", message(recordType.A, 12, 512), udp, 3],
		["all that fits with EDNS", message(recordType.A, 12, 513), udp, 12],
		["SRV too", message(recordType.SRV, 12), udp, 3],
		["1232 bytes", message(recordType.A, 200, 1232), udp, 74],
		["all over TCP", message(recordType.A, 200), tcp, 200],
		["64 KiB over TCP", message(recordType.A, 5000), tcp, 4092],
		["1024 SRV over TCP", message(recordType.SRV, 1100, undefined, 0), tcp, 1024],
	])("%s", (_, response, options, expected) => {
		const fitted = fitResponse(response, options);
		expect(fitted.answers).toEqual(response.answers.slice(0, expected));
		expect(fitted.truncated).toBe(expected < response.answers.length);
	});

	it("keeps of the additional records those that the answers lead to, and drops OPT, when it cuts", () => {
		const fitted = fitResponse(message(recordType.SRV, 12, 512, 2), udp);
		expect(fitted.additional.map((record) => record.owner)).toEqual([
			"node-0.node.dc1.consul",
			"node-1.node.dc1.consul",
			"node-2.node.dc1.consul",
		]);
		expect(fitted.edns).toBeUndefined();
	});

	it("follows aliases in additional, and ends where they go round", () => {
		const response = message(recordType.SRV, 12);
		const alias = (from: string, to: string): DnsRecord => ({
			owner: from,
			ttlSeconds: 0,
			data: { kind: "CNAME", target: to },
		});
		const additional = [alias("Node-0.node.dc1.consul", "b"), alias("b", "c"), alias("c", "b"), alias("d", "e")];
		expect(fitResponse({ ...response, additional }, udp).additional).toEqual(additional.slice(0, 3));
	});

	it("leaves everything when nothing is cut", () => {
		const response = message(recordType.SRV, 3, 1232, 2);
		expect(fitResponse(response, udp)).toEqual(response);
	});

	it("drops the authority section with the first answer", () => {
		const authority = Array.from(
			{ length: 60 },
			(): DnsRecord => ({
				owner: "consul",
				ttlSeconds: 0,
				data: { kind: "NS", target: "some-server-with-a-long-name.node.dc1.consul" },
			}),
		);
		const response = { ...message(recordType.A, 8, 600), authority };
		const fitted = fitResponse(response, udp);
		expect(fitted).toMatchObject({ authority: [], truncated: true });
		expect(fitted.answers).toHaveLength(7);
	});

	it("is never above the limit unless one answer is, and drops no answer that would fit", () => {
		const sizes = fc.integer({ min: 0, max: 65_535 });
		const types = fc.constantFrom<number>(recordType.A, recordType.SRV);
		const cases = fc.tuple(types, fc.integer({ min: 1, max: 300 }), fc.option(sizes, { nil: undefined }), fc.boolean());
		fc.assert(
			fc.property(cases, ([type, count, edns, compress]) => {
				const response = message(type, count, edns, 2);
				const options = { transport: "udp", udpAnswerLimit: 8, compress } as const;
				const fitted = fitResponse(response, options);
				const bytesMax = Math.max(512, edns ?? 0);
				const bytes = encodedBytes(fitted, compress);
				expect(fitted.answers.length).toBeGreaterThanOrEqual(1);
				if (fitted.answers.length > 1) expect(bytes).toBeLessThanOrEqual(bytesMax);
				if (fitted.truncated && bytesMax > 512) {
					// What a cut answer with one more would measure: the reference keeps the UDP header free, and OPT is lost in the cut.
					const oneMore = message(type, fitted.answers.length + 1);
					expect(encodedBytes(oneMore, compress)).toBeGreaterThan(bytesMax - 8);
				}
			}),
			{ numRuns: 200 },
		);
	});
});
