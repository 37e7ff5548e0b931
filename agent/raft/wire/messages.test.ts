import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Codec, encode, Reader, string } from "../../../lib/msgpack/index.ts";
import type { Entry, Request, Response } from "../core/index.ts";
import {
	decodeConfiguration,
	decodeRequest,
	decodeResponse,
	encodeConfiguration,
	encodeRequest,
	encodeResponse,
} from "./index.ts";
import * as structs from "./structs.ts";

interface Vector {
	readonly name: string;
	readonly hex: string;
	readonly hex_v2?: string;
	readonly input: Readonly<Record<string, unknown>>;
}

const vectors = JSON.parse(readFileSync("test/vectors/raft-vectors.json", "utf8")) as {
	readonly configuration: Vector;
	readonly requests: readonly Vector[];
	readonly responses: readonly Vector[];
};
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const requestCodecs = [
	structs.wireAppendRequest,
	structs.wireVoteRequest,
	structs.wireSnapshotRequest,
	structs.wireTimeoutNow,
	structs.wirePreVoteRequest,
] as readonly Codec<unknown>[];
const responseCodecs: Readonly<Record<string, { kind: Request["kind"]; codec: Codec<unknown> }>> = {
	"append-ok": { kind: "append", codec: structs.wireAppendResponse as Codec<unknown> },
	"append-refused": { kind: "append", codec: structs.wireAppendResponse as Codec<unknown> },
	"vote-granted": { kind: "vote", codec: structs.wireVoteResponse as Codec<unknown> },
	"install-ok": { kind: "snapshot", codec: structs.wireSnapshotResponse as Codec<unknown> },
	"timeout-now": { kind: "timeout-now", codec: structs.wireTimeoutNow as Codec<unknown> },
	error: { kind: "append", codec: structs.wireAppendResponse as Codec<unknown> },
	"pre-vote-granted": { kind: "pre-vote", codec: structs.wirePreVoteResponse as Codec<unknown> },
};

const decoded = (encoded: Uint8Array) => decodeRequest(encoded[0] as number, new Reader(encoded, 1));

describe("the recorded bytes", () => {
	it.each(vectors.requests)("request $name: struct both ways", ({ hex }) => {
		const encoded = bytesOf(hex);
		const codec = requestCodecs[encoded[0] as number] as Codec<unknown>;
		const reader = new Reader(encoded, 1);
		const value = codec.read(reader);
		expect(reader.leftBytes).toBe(0);
		expect(hexOf(encode(codec, value, encoded[0] as number))).toBe(hex);
	});

	it.each(vectors.requests.filter(({ name }) => name !== "append-two"))(
		"request $name: meaning both ways",
		({ hex, input }) => {
			const { request, stateSizeBytes } = decoded(bytesOf(hex));
			expect(hexOf(encodeRequest(request, stateSizeBytes))).toBe(hex);
			if ("term" in request) expect(request.term).toBe(input["Term"]);
			expect(request.from).toEqual({ id: "id-1", address: "10.1.2.3:8300" });
		},
	);

	it("the newer codec's form is read", () => {
		const vector = vectors.requests.find(({ hex_v2 }) => hex_v2 !== undefined);
		expect(decoded(bytesOf(vector?.hex_v2 ?? ""))).toEqual(decoded(bytesOf(vector?.hex ?? "")));
		expect(decoded(bytesOf(vector?.hex ?? "")).stateSizeBytes).toBe(1024);
	});

	it("entries that are parts of larger ones are refused, not stored without their meaning", () => {
		const vector = vectors.requests.find(({ name }) => name === "append-two");
		expect(() => decoded(bytesOf(vector?.hex ?? ""))).toThrow("extensions");
	});

	it.each(vectors.responses)("response $name: struct and meaning both ways", ({ name, hex, input }) => {
		const { kind, codec } = responseCodecs[name] as (typeof responseCodecs)[string] & object;
		const reader = new Reader(bytesOf(hex));
		expect(string.read(reader)).toBe(input["error"]);
		const value = codec.read(reader);
		expect(reader.leftBytes).toBe(0);
		expect(hexOf(encode(string, input["error"] as string)) + hexOf(encode(codec, value))).toBe(hex);
		if (input["error"] !== "") {
			expect(decodeResponse(kind, new Reader(bytesOf(hex)))).toMatchObject({ message: "the peer refused: boom" });
			return;
		}
		const response = decodeResponse(kind, new Reader(bytesOf(hex))) as Response;
		const self = { id: "id-1", address: "10.1.2.3:8300" };
		expect(hexOf(encodeResponse(kind, self, response))).toBe(hex);
	});

	it("configuration", () => {
		const configuration = decodeConfiguration(bytesOf(vectors.configuration.hex));
		expect(configuration.servers).toEqual([
			{ id: "id-1", address: "10.1.2.3:8300", voter: true },
			{ id: "id-2", address: "10.1.2.4:8300", voter: false },
		]);
		expect(hexOf(encodeConfiguration(configuration))).toBe(vectors.configuration.hex);
	});
});

const number = fc.nat({ max: 2 ** 40 });
const peer = fc.record({ id: fc.string(), address: fc.string() });
const position = fc.record({ index: number, term: number });
const configuration = fc.record({
	servers: fc.array(fc.record({ id: fc.string(), address: fc.string(), voter: fc.boolean() }), { maxLength: 5 }),
});
const entry: fc.Arbitrary<Entry> = fc.oneof(
	fc.record({
		index: number,
		term: number,
		type: fc.constantFrom("command" as const),
		data: fc.uint8Array({ maxLength: 300 }),
	}),
	fc.record({
		index: number,
		term: number,
		type: fc.constantFrom("no-op" as const, "barrier" as const),
		data: fc.constant(new Uint8Array()),
	}),
	fc.record({
		index: number,
		term: number,
		type: fc.constant("configuration" as const),
		data: fc.constant(new Uint8Array()),
		configuration,
	}),
);
const request: fc.Arbitrary<Request> = fc.oneof(
	fc.record({
		kind: fc.constant("append" as const),
		term: number,
		from: peer,
		previous: position,
		entries: fc.array(entry, { maxLength: 5 }),
		commitIndex: number,
	}),
	fc.record({
		kind: fc.constant("vote" as const),
		term: number,
		from: peer,
		last: position,
		leadershipTransfer: fc.boolean(),
	}),
	fc.record({ kind: fc.constant("pre-vote" as const), term: number, from: peer, last: position }),
	fc.record({
		kind: fc.constant("snapshot" as const),
		term: number,
		from: peer,
		snapshot: fc.record({ index: number, term: number, configuration, configurationIndex: number }),
	}),
	fc.record({ kind: fc.constant("timeout-now" as const), from: peer }),
);

it("every request arrives as it was sent", () => {
	fc.assert(
		fc.property(request, number, (sent, sizeBytes) => {
			const received = decoded(encodeRequest(sent, sizeBytes));
			expect(received).toEqual({ request: sent, stateSizeBytes: sent.kind === "snapshot" ? sizeBytes : 0 });
		}),
	);
});

it("what is cut short asks for more, what is damaged never does anything but fail", () => {
	fc.assert(
		fc.property(request, fc.nat(), fc.nat(255), (sent, at, byte) => {
			const encoded = encodeRequest(sent);
			const cut = 1 + (at % (encoded.length - 1));
			expect(() => decoded(encoded.subarray(0, cut))).toThrow(expect.objectContaining({ code: "MSGPACK_TRUNCATED" }));
			const damaged = encoded.slice();
			damaged[cut] = byte;
			try {
				decoded(damaged);
			} catch (error) {
				expect(error).toMatchObject({ code: expect.stringMatching(/^MSGPACK_|^RAFT_/) });
			}
		}),
	);
});

it("answers say why a call was refused", () => {
	const none: Response = { term: 3, success: false, lastIndex: 0, noRetryBackoff: false };
	const encoded = encodeResponse("vote", { id: "a", address: "b" }, none, "not now");
	expect(decodeResponse("vote", new Reader(encoded))).toMatchObject({ code: "RAFT_PEER_ERROR" });
	expect(() => decodeRequest(9, new Reader(new Uint8Array([0x80])))).toThrow("unexpected command");
});
