import fc from "fast-check";
import { expect, it } from "vitest";
import { DiscoError } from "../errors.ts";
import { Incoming } from "./incoming.ts";

async function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
	let from = 0;
	for (const cut of [...cuts].sort((a, b) => a - b)) {
		const to = Math.min(Math.max(from, cut), bytes.length);
		yield bytes.subarray(from, to);
		from = to;
	}
	yield bytes.subarray(from);
}

/** A length byte, then as many bytes. */
function parse(buffer: Uint8Array, offset: number) {
	const endOffset = offset + 1 + (buffer[offset] as number);
	if (endOffset > buffer.length) throw new DiscoError("MSGPACK_TRUNCATED", "more");
	return { value: buffer.slice(offset + 1, endOffset), endOffset };
}

it("reads the same however the stream is cut", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }),
			fc.array(fc.nat(500)),
			async (messages, cuts) => {
				const bytes = Uint8Array.from([7, ...messages.flatMap((each) => [each.length, ...each]), 1, 2, 3]);
				const incoming = new Incoming(chunksOf(bytes, cuts));
				expect(await incoming.byte()).toBe(7);
				for (const message of messages) expect(await incoming.value(parse, 100)).toEqual(message);
				const streamed: number[] = [];
				for await (const chunk of incoming.stream(1)) streamed.push(...chunk);
				expect([...streamed, ...(await incoming.bytes(2))]).toEqual([1, 2, 3]);
				expect(await incoming.byte()).toBeUndefined();
				expect(await incoming.value(parse, 100)).toBeUndefined();
			},
		),
	);
});

it("gives what is left to another reader", async () => {
	const incoming = new Incoming(chunksOf(Uint8Array.of(1, 2, 3, 4), [3]));
	expect(await incoming.byte()).toBe(1);
	const rest: number[] = [];
	for await (const chunk of incoming.rest()) rest.push(...chunk);
	expect(rest).toEqual([2, 3, 4]);
});

it("fails when the stream ends within something, or a message is too large", async () => {
	const of = (...bytes: number[]) => new Incoming(chunksOf(Uint8Array.from(bytes), []));
	await expect(of(1).bytes(2)).rejects.toMatchObject({ code: "STREAM_ENDED" });
	await expect(of(5, 1).value(parse, 100)).rejects.toMatchObject({ code: "STREAM_ENDED" });
	await expect(of(90, ...new Array<number>(50).fill(0)).value(parse, 40)).rejects.toMatchObject({
		code: "MESSAGE_TOO_LARGE",
	});
});
