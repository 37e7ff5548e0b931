import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeClock, FakeNetwork } from "../../../lib/env/fake.ts";
import type { Connection } from "../../../lib/env/index.ts";
import { YamuxSession } from "./yamux.ts";
import { decodeFrame, encodeFrame } from "./yamux-frame.ts";
import { windowBytes, type YamuxStream } from "./yamux-stream.ts";

const vectors = (
	JSON.parse(readFileSync("test/vectors/consul-rpc-vectors.json", "utf8")) as {
		readonly yamux: readonly { readonly name: string; readonly hex: string }[];
	}
).yamux;
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

it.each(vectors)("$name: frame both ways", ({ hex }) => {
	const header = decodeFrame(bytesOf(hex));
	const body = hex.slice(24);
	expect(hexOf(encodeFrame(header)) + body).toBe(hex);
	if (header.type === "data") expect(header.length).toBe(body.length / 2);
});

async function pair(clock = new FakeClock()) {
	const network = new FakeNetwork({ clock });
	const [a, b] = [network.host("10.0.0.1"), network.host("10.0.0.2")];
	let far: Connection | undefined;
	await b.listen({ host: "10.0.0.2", port: 1 }, (connection) => {
		far = connection;
	});
	const connecting = a.connect({ host: "10.0.0.2", port: 1 }, { timeoutMs: 100 });
	await clock.advanceAsync(1);
	return { clock, near: await connecting, far: far as unknown as Connection };
}

async function sessions() {
	const { clock, near, far } = await pair();
	const accepted: YamuxStream[] = [];
	const server = new YamuxSession({ connection: far, clock, side: "server", onStream: (each) => accepted.push(each) });
	const client = new YamuxSession({ connection: near, clock, side: "client" });
	const run = () => clock.advanceAsync(1);
	return { clock, client, server, accepted, run };
}

async function all(stream: YamuxStream): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of stream.incoming) chunks.push(chunk);
	return Buffer.concat(chunks);
}

describe("a session", () => {
	it("carries streams both ways at the same time, far beyond a window, with half closes", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.integer({ min: 0, max: 700_000 }), { minLength: 1, maxLength: 4 }),
				async (sizes) => {
					const { client, server, accepted, run } = await sessions();
					const contents = sizes.map((size, at) => new Uint8Array(size).fill(at + 1));
					const streams = contents.map(() => client.open());
					await run();
					expect(accepted.map(({ id }) => id)).toEqual(sizes.map((_, at) => 2 * at + 1));
					const echoes = accepted.map(async (stream) => {
						for await (const chunk of stream.incoming) await stream.write(chunk);
						stream.closeWrite();
					});
					const writes = streams.map(async (stream, at) => {
						await stream.write(contents[at] as Uint8Array);
						stream.closeWrite();
					});
					const reads = streams.map(all);
					for (let tries = 0; tries < 40; tries++) await run();
					await Promise.all([...writes, ...echoes]);
					const back = await Promise.all(reads);
					expect(back.map((each) => each.length)).toEqual(sizes);
					expect(back.every((each, at) => each.every((byte) => byte === at + 1))).toBe(true);
					expect(client.streamCount + server.streamCount).toBe(0);
				},
			),
			{ numRuns: 10 },
		);
	}, 60_000);

	it("waits when the reader does not read", async () => {
		const { client, accepted, run } = await sessions();
		const stream = client.open();
		let written = false;
		const writing = stream.write(new Uint8Array(windowBytes + 1)).then(() => {
			written = true;
		});
		for (let tries = 0; tries < 20; tries++) await run();
		expect(written).toBe(false);
		const reading = all(accepted[0] as YamuxStream);
		for (let tries = 0; tries < 20; tries++) await run();
		await writing;
		stream.closeWrite();
		for (let tries = 0; tries < 20; tries++) await run();
		expect((await reading).length).toBe(windowBytes + 1);
	});

	it("ends with the connection, with a protocol error, and when pings are not answered", async () => {
		const first = await sessions();
		const stream = first.client.open();
		await first.run();
		await first.server.close();
		await first.run();
		await expect(stream.write(new Uint8Array(1))).rejects.toMatchObject({ code: "CONNECTION_LOST" });
		expect(() => first.client.open()).toThrow("connection");

		const { clock, near, far } = await pair();
		const wrong = new YamuxSession({ connection: far, clock, side: "server" });
		await near.write(Uint8Array.of(9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
		await clock.advanceAsync(1);
		expect(wrong.isOpen).toBe(false);

		const silent = await pair();
		const waiting = new YamuxSession({ connection: silent.far, clock: silent.clock, side: "server" });
		await silent.clock.advanceAsync(39_000);
		expect(waiting.isOpen).toBe(true);
		await silent.clock.advanceAsync(2_000);
		expect(waiting.isOpen).toBe(false);
	});

	it("gives up a server that has fallen silent since it was asked something", async () => {
		const { clock, near, far } = await pair();
		const client = new YamuxSession({ connection: near, clock, side: "client" });
		const stream = client.open();
		await stream.write(Uint8Array.of(1));
		await clock.advanceAsync(900);
		// Anything that comes begins the wait anew.
		await far.write(encodeFrame({ type: "ping", flags: 1, stream: 0, length: 7 }));
		await clock.advanceAsync(200);
		await stream.write(Uint8Array.of(2));
		await clock.advanceAsync(5_900);
		expect(client.isOpen).toBe(true);
		await clock.advanceAsync(2_000);
		expect(client.isOpen).toBe(false);
		await expect(all(stream)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
	});

	it("waits on for an answer when the server is there", async () => {
		const { clock, client, server, accepted } = await sessions();
		const stream = client.open();
		await stream.write(Uint8Array.of(1));
		await clock.advanceAsync(300_000);
		expect(client.isOpen && server.isOpen).toBe(true);
		await accepted[0]?.write(Uint8Array.of(2));
		await clock.advanceAsync(1);
		expect((await stream.incoming[Symbol.asyncIterator]().next()).value).toEqual(Uint8Array.of(2));
	});

	it("answers pings and stays", async () => {
		const { clock, client, server } = await sessions();
		await clock.advanceAsync(200_000);
		expect(client.isOpen && server.isOpen).toBe(true);
	});

	it("streams that are reset break alone", async () => {
		const { clock, near, far } = await pair();
		const session = new YamuxSession({ connection: near, clock, side: "client" });
		const [one, two] = [session.open(), session.open()];
		await far.write(bytesOf("000100080000000100000000"));
		await clock.advanceAsync(1);
		await expect(all(one)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
		await two.write(Uint8Array.of(1));
		expect(session.isOpen).toBe(true);
	});
});
