import fc from "fast-check";
import { expect, it } from "vitest";
import { FrameReader } from "./frame-reader.ts";
import { encodeFrame, type FrameHeader, frameTypes } from "./yamux-frame.ts";

const frame = fc.record({
	type: fc.constantFrom(...frameTypes),
	flags: fc.nat(15),
	stream: fc.nat(0xffff_ffff),
	body: fc.uint8Array({ maxLength: 40 }),
});

it("finds the same frames however the stream is cut", () => {
	fc.assert(
		fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(400)), (frames, cuts) => {
			const wanted = frames.map(({ body, ...header }) => {
				const length = header.type === "data" ? body.length : 7;
				return { header: { ...header, length }, body: header.type === "data" ? [...body] : [] };
			});
			const bytes = Buffer.concat(wanted.flatMap(({ header, body }) => [encodeFrame(header), Uint8Array.from(body)]));
			const found: { header: FrameHeader; body: number[] }[] = [];
			let body: number[] = [];
			const reader = new FrameReader({
				onHeader: ({ type, length }) => (type === "data" ? length : 0),
				onBody: (_, part) => {
					body.push(...part);
				},
				onEnd: (header) => {
					found.push({ header, body });
					body = [];
				},
			});
			let from = 0;
			for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
				reader.push(bytes.subarray(from, cut));
				from = Math.max(from, Math.min(cut, bytes.length));
			}
			expect(found).toEqual(wanted);
		}),
	);
});

it("refuses what yamux does not know", () => {
	const reader = new FrameReader({ onHeader: () => 0, onBody: () => undefined, onEnd: () => undefined });
	reader.push(Uint8Array.of(0, 9, 0));
	expect(() => reader.push(new Uint8Array(9))).toThrow(expect.objectContaining({ code: "YAMUX_INVALID" }));
});
