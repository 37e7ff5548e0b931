import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeRandom } from "../../../lib/env/fake.ts";
import { encode } from "../../../lib/msgpack/index.ts";
import { compressMessage, type Framing, makeCompound, withCrc } from "./framing.ts";
import { Keyring } from "./keyring.ts";
import { compress, decompress } from "./lzw.ts";
import { compressed, messageType, pushPullHeader } from "./messages.ts";
import { decodePacket, encodePacket } from "./packet.ts";
import { encodeStream, StreamReader } from "./stream.ts";

const framing: Framing = {
	random: fakeRandom(1),
	label: "",
	keyring: undefined,
	verifyIncoming: true,
	verifyOutgoing: true,
	compress: true,
};
const key = new Uint8Array(16).fill(7);
const refusals = /^(GOSSIP_PACKET|GOSSIP_LABEL|LZW_INVALID|MSGPACK_INVALID|MSGPACK_TRUNCATED)$/;

/** Whether it is read; a refusal must be one of the documented ones. */
function isRead(read: () => unknown): boolean {
	try {
		read();
		return true;
	} catch (error) {
		expect(error).toMatchObject({ code: expect.stringMatching(refusals) });
		return false;
	}
}

describe("LZW", () => {
	it("gives back what it compressed, repetitive or not, and over full tables", () => {
		const repetitive = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 20_000 }).map((items) => Uint8Array.from(items));
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 12_000, size: "max" }), repetitive), (plain) => {
				expect(Buffer.compare(decompress(compress(plain), plain.length), plain)).toBe(0);
			}),
			{ numRuns: 60 },
		);
	});

	it("does not grow beyond the limit", () => {
		const bomb = compress(new Uint8Array(1_000_000));
		expect(bomb.length).toBeLessThan(3000);
		expect(() => decompress(bomb, 65_536)).toThrow("more than 65536 bytes");
	});

	it.each([[[]], [[0]], [[0, 1]], [[0xff, 0xff, 0xff]]])("refuses %j", (data) => {
		expect(() => decompress(Uint8Array.from(data), 100)).toThrow(expect.objectContaining({ code: "LZW_INVALID" }));
	});
});

describe("packets", () => {
	it("a packet of packets of packets is refused", () => {
		let nested: Uint8Array = Uint8Array.of(messageType.nack, 0x80);
		for (let depth = 0; depth < 5; depth++) nested = makeCompound([nested]);
		expect(() => decodePacket(nested, framing)).toThrow("wrappers in each other");
	});

	it("a compound of compounds is refused when it has too many messages", () => {
		const many = makeCompound(Array.from({ length: 255 }, () => Uint8Array.of(messageType.nack)));
		expect(() => decodePacket(makeCompound(Array.from({ length: 5 }, () => many)), framing)).toThrow("more than 1024");
	});

	it("bombs beside each other share one limit", () => {
		const bomb = compressMessage(new Uint8Array(40_000).fill(messageType.nack));
		expect(decodePacket(bomb, framing)).toHaveLength(1);
		expect(() => decodePacket(makeCompound([bomb, bomb]), framing)).toThrow("more than");
	});

	it("a wrong checksum is refused", () => {
		const packet = withCrc(Uint8Array.of(messageType.nack, 0x80));
		expect(decodePacket(packet, framing)).toHaveLength(1);
		packet[3] = (packet[3] as number) ^ 1;
		expect(() => decodePacket(packet, framing)).toThrow("checksum");
	});

	it("without the key nothing is read", () => {
		const keyed = { ...framing, keyring: new Keyring(key) };
		const message = Uint8Array.of(messageType.nack, 0x80);
		expect(isRead(() => decodePacket(encodePacket([message], framing, { crc: true }), keyed))).toBe(false);
		const other = { ...framing, keyring: new Keyring(new Uint8Array(32)) };
		expect(isRead(() => decodePacket(encodePacket([message], other, { crc: true }), keyed))).toBe(false);
		const lenient = { ...keyed, verifyIncoming: false };
		expect(isRead(() => decodePacket(encodePacket([message], framing, { crc: true }), lenient))).toBe(true);
		const both = { ...framing, keyring: new Keyring(key, [new Uint8Array(32)]) };
		expect(isRead(() => decodePacket(encodePacket([message], other, { crc: true }), both))).toBe(true);
	});
});

describe("streams", () => {
	it("announced sizes have limits", () => {
		const reader = () => new StreamReader(framing);
		const nodes = encode(pushPullHeader, { Nodes: 2 ** 40, UserStateLen: 0, Join: false }, messageType.pushPull);
		expect(() => reader().push(nodes)).toThrow("a push/pull of");
		const user = encode(pushPullHeader, { Nodes: 0, UserStateLen: 2 ** 40, Join: false }, messageType.pushPull);
		expect(() => reader().push(user)).toThrow("bytes of user state");
		const keyed = new StreamReader({ ...framing, keyring: new Keyring(key) });
		expect(() => keyed.push(Uint8Array.of(messageType.encrypt, 0xff, 0xff, 0xff, 0xff))).toThrow("encrypted frame");
	});

	it("a bomb is refused", () => {
		const zeros = compress(new Uint8Array(30_000_000));
		const bomb = encode(compressed, { Algo: 0, Buf: zeros }, messageType.compress);
		expect(() => new StreamReader(framing).push(bomb)).toThrow("more than 20971520 bytes");
	});

	it("plain where a key is wanted, and sealed where none is known, are refused in the peers' words", () => {
		const keyed = { ...framing, keyring: new Keyring(key) };
		const message = { kind: "error", text: "x" } as const;
		expect(() => new StreamReader(keyed).push(encodeStream(message, framing))).toThrow("remote state is not encrypted");
		expect(() => new StreamReader(framing).push(encodeStream(message, keyed))).toThrow("encryption is not configured");
	});
});

it("mutated vectors are read or refused, and nothing else happens", () => {
	const runs = process.env["DISCO_LONG"] ? 1_000_000 : 50_000;
	const vectors = JSON.parse(
		readFileSync(new URL("../../../test/vectors/memberlist-vectors.json", import.meta.url), "utf8"),
	);
	const seeds: Uint8Array[] = [...vectors.messages, ...vectors.wrappers, ...vectors.streams].map(({ hex }) =>
		Uint8Array.from(Buffer.from(hex, "hex")),
	);
	const random = fakeRandom(Number(process.env["PROPERTY_SEED"] ?? 1));
	const below = (limit: number) => Math.floor(random.next() * limit);
	let read = 0;
	for (let run = 0; run < runs; run++) {
		let packet = (seeds[below(seeds.length)] as Uint8Array).slice();
		for (let edits = below(4); edits >= 0; edits--) {
			const at = below(packet.length);
			const kind = below(4);
			if (kind === 0) packet = packet.subarray(0, at + 1);
			else if (kind === 1) packet = Uint8Array.from([...packet.subarray(0, at), below(256), ...packet.subarray(at)]);
			else packet[at] = kind === 2 ? below(256) : (packet[at] as number) ^ (1 << below(8));
		}
		if (isRead(() => decodePacket(packet, framing))) read++;
		isRead(() => new StreamReader(framing).push(packet));
	}
	expect(read).toBeGreaterThan(runs / 20);
	expect(read).toBeLessThan(runs);
}, 600_000);
