import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { between, FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import type { Random } from "../../lib/env/index.ts";
import { createLogger } from "../../lib/log/index.ts";
import { defaultDnsOptions } from "./options.ts";
import { createResponder, type Responder } from "./responder.ts";
import { createTestCatalog } from "./testing.ts";

/** Questions that were recorded, and what becomes of them when bytes are changed, cut out, doubled and moved. */
const scenarios = "test/conformance/dns/scenarios";
const packets = process.env["DISCO_LONG"] === undefined ? 50_000 : 1_000_000;
const typeNumbers: Readonly<Record<string, number>> = {
	A: 1,
	NS: 2,
	CNAME: 5,
	SOA: 6,
	PTR: 12,
	MX: 15,
	TXT: 16,
	AAAA: 28,
	SRV: 33,
	ANY: 255,
};

interface RecordedQuestion {
	readonly name: string;
	readonly type?: string;
	readonly edns?: number;
}

function recordedPackets(): readonly Buffer[] {
	const found = new Map<string, Buffer>();
	for (const file of readdirSync(scenarios)) {
		const { steps } = JSON.parse(readFileSync(`${scenarios}/${file}`, "utf8")) as { steps: { q?: RecordedQuestion }[] };
		for (const { q } of steps) if (q !== undefined) found.set(JSON.stringify(q), packetOf(q));
	}
	return [...found.values()];
}

function packetOf({ name, type = "A", edns }: RecordedQuestion): Buffer {
	const header = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns === undefined ? 0 : 1]);
	const labels = name.split(".").filter((label) => label !== "" && label.length < 64);
	const wire = labels.flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]);
	const number = typeNumbers[type] ?? 1;
	const opt = edns === undefined ? [] : [Buffer.from([0, 0, 41, edns >> 8, edns & 0xff, 0, 0, 0, 0, 0, 0])];
	return Buffer.concat([header, ...wire, Buffer.from([0, 0, number, 0, 1]), ...opt]);
}

const mutations: readonly ((packet: Buffer, random: Random, other: Buffer) => Buffer)[] = [
	(packet, random) => {
		const at = between(random, 0, packet.length - 1);
		packet[at] = between(random, 0, 255);
		return packet;
	},
	(packet, random) => {
		const at = between(random, 0, packet.length - 1);
		packet[at] = (packet[at] ?? 0) ^ (1 << between(random, 0, 7));
		return packet;
	},
	(packet, random) => packet.subarray(0, between(random, 0, packet.length)),
	(packet, random) => {
		const at = between(random, 0, packet.length);
		const inserted = Buffer.from(random.bytes(between(random, 1, 40)));
		return Buffer.concat([packet.subarray(0, at), inserted, packet.subarray(at)]);
	},
	(packet, random, other) =>
		Buffer.concat([
			packet.subarray(0, between(random, 0, packet.length)),
			other.subarray(between(random, 0, other.length)),
		]),
	// Counts, lengths and pointers: what a reader follows.
	(packet, random) => {
		packet[between(random, 4, Math.min(11, packet.length - 1))] = between(random, 0, 255);
		return packet;
	},
	(packet, random) => {
		const at = between(random, Math.min(12, packet.length - 1), packet.length - 1);
		packet[at] = 0xc0 | between(random, 0, 63);
		return packet;
	},
	(packet) => Buffer.concat([packet, packet.subarray(12)]),
];

describe("malformed packets", () => {
	let respond: Responder;
	const lines: string[] = [];
	beforeAll(() => {
		const catalog = createTestCatalog();
		catalog.node("n1", "10.1.0.1", { meta: { env: "prod" } });
		catalog.service("n1", { service: "web", port: 80, tags: ["v1"] });
		catalog.service("n1", { id: "web-2", service: "web", port: 81, address: "www.example.net" });
		respond = createResponder({
			endpoints: catalog.endpoints,
			options: () => ({ ...defaultDnsOptions, altDomain: "alt.test" }),
			datacenter: "dc1",
			clock: new FakeClock(),
			random: fakeRandom(1),
			// What the responder itself did not expect is an error line.
			logger: createLogger({ level: "warn", clock: new FakeClock(), write: (line) => lines.push(line) }),
		});
	});

	it(`gets no answer, or one with the packet's own id: ${packets} mutated questions`, {
		timeout: 600_000,
	}, async () => {
		const random = fakeRandom(Number(process.env["PROPERTY_SEED"] ?? 53));
		const recorded = recordedPackets();
		expect(recorded.length).toBeGreaterThan(300);
		let answered = 0;
		for (let number = 0; number < packets; number++) {
			const pick = () => Buffer.from(recorded[between(random, 0, recorded.length - 1)] as Buffer);
			let packet: Buffer = pick();
			packet.writeUInt16BE(between(random, 0, 65_535), 0);
			for (let count = between(random, 1, 4); count > 0 && packet.length > 0; count--) {
				packet = (mutations[between(random, 0, mutations.length - 1)] as (typeof mutations)[number])(
					packet,
					random,
					pick(),
				);
			}
			const asked = Buffer.from(packet);
			const reply = await respond(packet, random.next() < 0.5 ? "udp" : "tcp");
			if (!packet.equals(asked)) throw new Error(`the packet was changed: ${asked.toString("hex")}`);
			if (reply === undefined) continue;
			answered++;
			const isReply = reply.length >= 12 && (reply.readUInt16BE(2) & 0x8000) !== 0;
			const fitsQuestion = packet.length >= 12 && reply.readUInt16BE(0) === packet.readUInt16BE(0);
			if (!isReply || !fitsQuestion || (packet.readUInt16BE(2) & 0x8000) !== 0) {
				throw new Error(`${asked.toString("hex")} was answered with ${reply.toString("hex")}`);
			}
		}
		expect(answered).toBeGreaterThan(packets / 4);
		expect(lines.filter((line) => !line.includes("lookup failed"))).toEqual([]);
	});
});
