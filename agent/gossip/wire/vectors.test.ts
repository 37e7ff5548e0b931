import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { crc32 } from "../../../lib/checksum/index.ts";
import { fakeRandom } from "../../../lib/env/fake.ts";
import type { Random } from "../../../lib/env/index.ts";
import { type Codec, decode, encode } from "../../../lib/msgpack/index.ts";
import type { Framing } from "./framing.ts";
import { Keyring } from "./keyring.ts";
import { compress, decompress } from "./lzw.ts";
import * as memberlist from "./messages.ts";
import { decodePacket, encodePacket } from "./packet.ts";
import * as serf from "./serf-messages.ts";
import { encodeStream, type PushPull, StreamReader } from "./stream.ts";

interface Vector {
	readonly name: string;
	readonly hex: string;
	readonly hex_v2?: string;
	readonly input: Readonly<Record<string, unknown>>;
}

const read = (name: string) =>
	JSON.parse(readFileSync(new URL(`../../../test/vectors/${name}-vectors.json`, import.meta.url), "utf8"));
const memberlistVectors = read("memberlist");
const serfVectors = read("serf");
const hex = (encoded: Uint8Array) => Buffer.from(encoded).toString("hex");
const fromHex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const text = (value: string) => new TextEncoder().encode(value);
const plainFraming: Framing = {
	random: fakeRandom(1),
	label: "",
	keyring: undefined,
	verifyIncoming: true,
	verifyOutgoing: true,
	compress: false,
};
const messageNamed = (name: string) =>
	fromHex(memberlistVectors.messages.find((vector: Vector) => vector.name === name).hex);

/** A field of a vector's input as our codecs have it. */
function fieldValue(name: string, value: unknown): unknown {
	if (name === "Vsn") return Uint8Array.from(value as number[]);
	if (name === "Key" || (name === "Payload" && typeof value === "string" && value.startsWith("str:")))
		return text((value as string).slice("str:".length));
	if (name === "StatusLTimes" || name === "Tags") return new Map(Object.entries(value as object));
	if (name === "Filters" && Array.isArray(value)) return value.map(fromHex);
	if (name === "Events" && Array.isArray(value))
		return value.map((slot) =>
			slot === null ? null : { ...slot, Events: slot.Events.map((event: object) => fieldValues(event)) },
		);
	if (typeof value !== "string") return value;
	if (value.startsWith("hex:")) return fromHex(value.slice("hex:".length));
	const repeated = /^(\d+) x '(.)'$/.exec(value);
	if (repeated) return text((repeated[2] ?? "").repeat(Number(repeated[1])));
	return value.startsWith("16-byte") ? fromHex("00000000000000000000ffff0a010203") : value;
}

function fieldValues(input: object): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(input).map(([name, value]) => [name.replace(/_ns$/, ""), fieldValue(name, value)]),
	);
}

const memberlistCodecs: Readonly<Record<number, Codec<unknown>>> = {
	0: memberlist.ping,
	1: memberlist.indirectPing,
	2: memberlist.ack,
	3: memberlist.suspect,
	4: memberlist.alive,
	5: memberlist.dead,
	11: memberlist.nack,
	13: memberlist.streamError,
};
const serfCodecs: Readonly<Record<number, Codec<unknown>>> = {
	0: serf.leaveIntent,
	1: serf.joinIntent,
	2: serf.serfPushPull,
	3: serf.userEvent,
	4: serf.query,
	5: serf.queryResponse,
	6: serf.conflictResponse,
	7: serf.keyRequest,
	8: serf.keyResponse,
};

/** With bytes as hex and maps as objects. */
function comparable(value: unknown): unknown {
	return JSON.parse(
		JSON.stringify(value, (_, part) =>
			part instanceof Uint8Array ? hex(part) : part instanceof Map ? Object.fromEntries(part) : part,
		),
	);
}

function bothWays(vector: Vector, codecs: Readonly<Record<number, Codec<unknown>>>): void {
	const encoded = fromHex(vector.hex);
	const type = encoded[0] as number;
	const codec = codecs[type] as Codec<unknown>;
	const value = { ...(codec.zero as object), ...fieldValues(vector.input) };
	expect(hex(encode(codec, value, type))).toBe(vector.hex);
	for (const form of [vector.hex, vector.hex_v2 ?? vector.hex]) {
		expect(comparable(decode(codec, fromHex(form), 1))).toEqual(comparable(value));
	}
}

it.each(memberlistVectors.messages as Vector[])("memberlist $name, both ways", (vector) => {
	bothWays(vector, memberlistCodecs);
});

it.each((serfVectors.messages as Vector[]).filter(({ name }) => name !== "relay"))(
	"serf $name, both ways",
	(vector) => {
		bothWays(vector, serfCodecs);
	},
);

it("serf relay, both ways", () => {
	const vector = serfVectors.messages.find(({ name }: Vector) => name === "relay") as Vector;
	const response = (serfVectors.messages as Vector[]).find(({ name }) => name === "query-response");
	const header = { DestAddr: { IP: fromHex("0a010203"), Port: 7946, Zone: "" }, DestName: "alpha" };
	expect(hex(encode(serf.relayHeader, header, serf.serfType.relay)) + response?.hex).toBe(vector.hex);
	expect(decode(serf.relayHeader, fromHex(vector.hex_v2 ?? ""), 1)).toEqual(header);
});

it.each(serfVectors.filters as Vector[])("serf $name, both ways", ({ hex: wanted }) => {
	const encoded = fromHex(wanted);
	const codec: Codec<unknown> = encoded[0] === serf.filterType.node ? serf.nodeFilter : serf.tagFilter;
	expect(hex(encode(codec, decode(codec, encoded, 1), encoded[0] as number))).toBe(wanted);
});

it.each(serfVectors.tags as Vector[])("tags: $name, both ways", ({ input, hex: wanted }) => {
	const tags = new Map(Object.entries(input as Record<string, string>));
	expect(hex(serf.encodeTags(tags))).toBe(wanted);
	expect(serf.decodeTags(fromHex(wanted))).toEqual(tags);
});

it("tags of the oldest protocol are a role; malformed ones are none", () => {
	expect(serf.decodeTags(text("web"))).toEqual(new Map([["role", "web"]]));
	expect(serf.decodeTags(fromHex("ff82a1"))).toEqual(new Map());
	expect(serf.decodeTags(null)).toEqual(new Map());
});

it("the coordinate in an ack, both ways", () => {
	const { other, ack_payload_hex: wanted } = serfVectors.coordinates;
	expect(hex(encode(serf.coordinatePayload, other, serf.coordinateVersion))).toBe(wanted);
	expect(decode(serf.coordinatePayload, fromHex(wanted), 1)).toEqual(other);
});

const wrappers = memberlistVectors.wrappers as Vector[];

it("a compound, both ways", () => {
	const wanted = wrappers[0]?.hex ?? "";
	const messages = ["ping-full", "suspect", "dead"].map(messageNamed);
	expect(decodePacket(fromHex(wanted), plainFraming).map(hex)).toEqual(messages.map(hex));
	expect(hex(encodePacket(messages, plainFraming, { crc: false }))).toBe(wanted);
});

it.each(wrappers.filter(({ name }) => name.startsWith("compress")))("$name, both ways", (vector) => {
	const { Buf } = decode(memberlist.compressed, fromHex(vector.hex), 1);
	const plainHex = vector.input["plain_hex"] as string | undefined;
	const plain =
		plainHex === undefined
			? Uint8Array.from({ length: 40 * 256 }, (_, k) => (7 * (k % 256) + 13 * Math.floor(k / 256)) % 256)
			: fromHex(plainHex);
	if (plainHex === undefined) expect(crc32(plain)).toBe(vector.input["plain_crc32"]);
	expect(hex(decompress(Buf as Uint8Array, 65_536))).toBe(hex(plain));
	expect(hex(compress(plain))).toBe(hex(Buf as Uint8Array));
});

it.each(wrappers.filter(({ name }) => !name.startsWith("comp")))("$name can be read", (vector) => {
	const label = vector.name.includes("label") ? ((vector.input?.["label"] as string | undefined) ?? "prod") : "";
	expect(decodePacket(fromHex(vector.hex), { ...plainFraming, label }).length).toBeGreaterThan(0);
});

interface Encrypted {
	readonly kind: "packet" | "stream";
	readonly hex: string;
	readonly key_hex: string;
	readonly aad_hex?: string;
	readonly label?: string;
	readonly plain: string;
	readonly version: number;
}

/** The nonces of the vectors. */
const counting: Random = { next: () => 0, bytes: (count) => Uint8Array.from({ length: count }, (_, at) => at) };

it.each(memberlistVectors.encryption as Encrypted[])(
	"encrypted $kind, version $version, label $label $aad_hex",
	(vector) => {
		const label = vector.label ?? Buffer.from(vector.aad_hex ?? "", "hex").toString();
		const framing: Framing = {
			...plainFraming,
			random: counting,
			label,
			keyring: new Keyring(fromHex(vector.key_hex)),
		};
		const header = label === "" ? "" : `f4${hex(Uint8Array.of(label.length))}${hex(text(label))}`;
		const plain = messageNamed(vector.plain);
		const wire = fromHex(header + vector.hex);
		if (vector.kind === "packet") {
			expect(decodePacket(wire, framing).map(hex)).toEqual([hex(plain)]);
			if (vector.version === 1) expect(hex(encodePacket([plain], framing, { crc: false }))).toBe(hex(wire));
			expect(() => decodePacket(wire, { ...framing, keyring: new Keyring(new Uint8Array(16)) })).toThrow("keys");
			return;
		}
		const message = { kind: "ping", ping: decode(memberlist.ping, plain, 1) } as const;
		expect(new StreamReader(framing).push(wire)).toEqual(message);
		expect(hex(encodeStream(message, framing))).toBe(hex(wire));
	},
);

it.each(memberlistVectors.streams as Vector[])(
	"stream: $name, both ways and in single bytes",
	({ hex: wanted, name }) => {
		const framing = { ...plainFraming, compress: name.includes("compressed") };
		const message = new StreamReader(framing).push(fromHex(wanted));
		if (message === undefined) throw new Error("incomplete");
		expect(hex(encodeStream(message, framing))).toBe(wanted);
		const reader = new StreamReader(framing);
		const pieces = [...fromHex(wanted)].map((byte) => reader.push(Uint8Array.of(byte)));
		expect(pieces.slice(0, -1).every((piece) => piece === undefined)).toBe(true);
		expect(pieces.at(-1)).toEqual(message);
		if (name.startsWith("push-pull")) {
			const pushPull = message as PushPull;
			expect(pushPull.join).toBe(true);
			expect(pushPull.nodes.map(({ Name, State, Incarnation }) => [Name, State, Incarnation])).toEqual([
				["alpha", 0, 1],
				["beta", 3, 4],
			]);
			expect(Buffer.from(pushPull.userState).toString()).toBe("USERSTATE");
		}
	},
);
