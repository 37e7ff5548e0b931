import fc from "fast-check";
import { expect, test } from "vitest";
import { eventsOf, type ServerSentEvent } from "./server-sent-events.ts";

async function read(chunks: readonly Buffer[]): Promise<ServerSentEvent[]> {
	async function* body() {
		yield* chunks;
	}
	const events: ServerSentEvent[] = [];
	for await (const event of eventsOf(body())) events.push(event);
	return events;
}

const stream = Buffer.from(
	'retry: 1000\n\nid: 7\nevent: snapshot\ndata: {"ü": "a: b"}\n\n:\n\nid: 8\r\ndata: one\r\ndata:two\r\n\r\nevent: x\n\ndata\n\ndata: cut',
);
const expected: ServerSentEvent[] = [
	{ event: "snapshot", id: "7", data: '{"ü": "a: b"}' },
	{ event: "comment", id: "7", data: "" },
	{ event: "message", id: "8", data: "one\ntwo" },
	{ event: "message", id: "8", data: "" },
];

test("events, however they are cut into pieces", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.nat(stream.length)), async (cuts) => {
			const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
			const chunks = at.slice(1).map((end, index) => stream.subarray(at[index], end));
			expect(await read(chunks)).toEqual(expected);
		}),
	);
});
