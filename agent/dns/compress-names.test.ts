import { type Answer, decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compressNames } from "./compress-names.ts";

const reply = (answers: Answer[]) =>
	encode({ type: "response", id: 7, questions: [{ type: "A", name: "www.example.test" }], answers });

const records = (packet: Buffer) => decode(packet).answers?.map(({ name, type, ...rest }) => ({ name, type, ...rest }));

describe("compressNames", () => {
	it("points at the question's name and at earlier owners and targets", () => {
		const plain = reply([
			{ type: "CNAME", name: "www.example.test", ttl: 60, data: "real.example.test" },
			{ type: "A", name: "real.example.test", ttl: 60, data: "198.51.100.7" },
			{ type: "A", name: "real.example.test", ttl: 60, data: "198.51.100.8" },
		]);
		const shorter = compressNames(plain);
		expect(shorter.length).toBe(plain.length - 16 - 12 - 17 - 17);
		expect(records(shorter)).toEqual(records(plain));
	});

	it("leaves alone what is compressed already, and what ends too early", () => {
		const once = compressNames(reply([{ type: "A", name: "www.example.test", ttl: 1, data: "192.0.2.1" }]));
		expect(compressNames(once)).toBe(once);
		const torn = reply([{ type: "A", name: "www.example.test", ttl: 1, data: "192.0.2.1" }]).subarray(0, -2);
		expect(compressNames(torn)).toBe(torn);
	});

	it("changes no record", () => {
		const label = fc.stringMatching(/^[a-c]{1,3}$/);
		const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
		fc.assert(
			fc.property(fc.array(fc.tuple(name, name)), (owners) => {
				const plain = reply(owners.map(([owner, data]): Answer => ({ type: "CNAME", name: owner, ttl: 1, data })));
				expect(records(compressNames(plain))).toEqual(records(plain));
			}),
		);
	});

	it("never throws", () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 12, maxLength: 80 }), (bytes) => {
				compressNames(Buffer.from(bytes));
			}),
		);
	});
});
