import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { between, FakeClock, fakeRandom } from "../../../lib/env/fake.ts";
import type { Connection, Network, Random } from "../../../lib/env/index.ts";
import { encode } from "../../../lib/msgpack/index.ts";
import { bytes, read, registration, serviceContent, startServer, write } from "../testing.ts";
import { requestHeader, responseHeader } from "../wire/rpc.ts";
import { encodeFrame, flags } from "../wire/yamux-frame.ts";
import { clientOf, during, serve } from "./testing.ts";

// What a peer sends may be anything. Recorded requests and answers with bytes changed, cut out, doubled and moved, in chunks of any
// size: nothing is thrown, every connection comes to its end, nothing is left behind.

const cases = process.env["DISCO_LONG"] === undefined ? 5_000 : 200_000;
const vectors = JSON.parse(readFileSync("test/vectors/consul-rpc-vectors.json", "utf8")) as Readonly<
	Record<"requests" | "responses", readonly { readonly name: string; readonly note?: string; readonly hex: string }[]>
>;
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

/** Requests by the methods that take them. */
const requests = vectors.requests.flatMap(({ name, note = "", hex }) => {
	const [method = ""] = /^[A-Za-z]+\.[A-Za-z]+/.exec(name) ?? [];
	const others = note.match(/[A-Z][A-Za-z]+\.[A-Z][A-Za-z]+/g) ?? [];
	return [method, ...others].map((ServiceMethod) =>
		Buffer.concat([encode(requestHeader, { ServiceMethod, Seq: 1 }), bytesOf(hex)]),
	);
});
const answers = vectors.responses.map(({ hex }) =>
	Buffer.concat([encode(responseHeader, { ServiceMethod: "X.Y", Seq: 1, Error: "" }), bytesOf(hex)]),
);

function pick<Item>(items: readonly Item[], random: Random): Item {
	return items[between(random, 0, items.length - 1)] as Item;
}

function mutate(original: Buffer, random: Random): Buffer {
	let changed = Buffer.from(original);
	for (let times = between(random, 0, 3); times > 0 && changed.length > 0; times--) {
		const at = between(random, 0, changed.length - 1);
		const to = Math.min(changed.length, at + between(random, 1, 40));
		const piece = changed.subarray(at, to);
		const rest = changed.subarray(to);
		switch (between(random, 0, 4)) {
			case 0:
				changed[at] = between(random, 0, 255);
				break;
			case 1:
				changed[at] = (changed[at] ?? 0) ^ (1 << between(random, 0, 7));
				break;
			case 2:
				changed = Buffer.concat([changed.subarray(0, at), rest]);
				break;
			case 3:
				changed = Buffer.concat([changed.subarray(0, to), piece, rest]);
				break;
			default:
				changed = Buffer.concat([changed.subarray(0, at), Buffer.from(random.bytes(piece.length)), rest]);
		}
	}
	return changed;
}

/** Frames of some streams; lengths are right before they are mutated. */
function session(contents: readonly Uint8Array[], random: Random, flag: number): Buffer {
	const frames = contents.flatMap((content, at) => {
		const stream = 2 * at + 1;
		const payload = between(random, 0, 3) === 0 ? mutate(Buffer.from(content), random) : content;
		return [
			encodeFrame({ type: "window", flags: flag, stream, length: 0 }),
			encodeFrame({ type: "data", flags: 0, stream, length: payload.length }),
			payload,
			...(between(random, 0, 2) === 0 ? [encodeFrame({ type: "window", flags: flags.fin, stream, length: 0 })] : []),
			...(between(random, 0, 9) === 0 ? [encodeFrame({ type: "ping", flags: flags.syn, stream: 0, length: at })] : []),
		];
	});
	return mutate(Buffer.concat(frames), random);
}

async function* inChunks(content: Uint8Array, random: Random): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < content.length; ) {
		const size = between(random, 1, between(random, 0, 1) === 0 ? 20 : 2_000);
		yield content.subarray(at, at + size);
		at += size;
	}
}

/** A connection on which the peer sends this and ends. `closed` resolves when this end has closed it, too. */
function connectionWith(content: Uint8Array, random: Random) {
	let written = 0;
	let close: () => void = () => undefined;
	const closed = new Promise<void>((resolve) => {
		close = resolve;
	});
	const connection: Connection = {
		remote: { host: "10.0.0.9", port: 1 },
		incoming: inChunks(content, random),
		write: async (chunk) => {
			written += chunk.length;
		},
		close: async () => close(),
	};
	return { connection, closed, writtenBytes: () => written };
}

const noNetwork = new Error("not used");

describe("malformed bytes", () => {
	it("at the server port", async () => {
		const { endpoints, clock, log } = await startServer();
		const { index } = await endpoints.kv.get("a", read).then(({ index: at }) => ({ index: at }));
		await endpoints.catalog.register(registration("n1", { service: serviceContent("web", { id: "web-1" }) }), write);
		let accept: (connection: Connection) => void = () => undefined;
		const network: Network = {
			bindDatagram: () => Promise.reject(noNetwork),
			connect: () => Promise.reject(noNetwork),
			listen: async (local, onConnection) => {
				accept = onConnection;
				return { local, close: async () => undefined };
			},
		};
		await serve(endpoints, { network, clock, host: "10.0.0.1", port: 8300 });
		const random = fakeRandom(78);
		const timersBefore = clock.pendingCount;
		let answeredBytes = 0;
		for (let count = 0; count < cases; count++) {
			const contents = Array.from({ length: between(random, 1, 4) }, () => pick(requests, random));
			const kind = pick([4, 4, 4, 4, 0, 5, between(random, 0, 255)], random);
			const body = kind === 4 ? session(contents, random, flags.syn) : mutate(Buffer.concat(contents), random);
			const { connection, closed, writtenBytes } = connectionWith(Buffer.concat([Buffer.of(kind), body]), random);
			accept(connection);
			// Without yamux a wait is not given up when the peer goes; it ends by its own time.
			if (kind === 0) await during(clock, closed, { limitMs: 700_000, stepMs: 1_000 });
			else await closed;
			answeredBytes += writtenBytes();
			if (count % 100 === 0) await clock.advanceAsync(1_100);
		}
		await clock.advanceAsync(2_000);
		// They were not all refused, and what they waited for has been given up.
		expect(answeredBytes).toBeGreaterThan(cases * 50);
		expect(clock.pendingCount).toBeLessThanOrEqual(timersBefore + 5);
		expect(log.state().lastIndex).toBeGreaterThan(index);
		expect((await endpoints.catalog.nodes(read)).value.length).toBeGreaterThan(0);
	});

	it("from a server", async () => {
		const clock = new FakeClock();
		const random = fakeRandom(79);
		let outcomes = 0;
		const asked = [
			(to: ReturnType<typeof clientOf>) => to.kv.get("a", read),
			(to: ReturnType<typeof clientOf>) => to.kv.keys("a", "", read),
			(to: ReturnType<typeof clientOf>) => to.catalog.nodes(read),
			(to: ReturnType<typeof clientOf>) => to.health.service("web", read),
			(to: ReturnType<typeof clientOf>) => to.catalog.node("n1", read),
			(to: ReturnType<typeof clientOf>) => to.session.list(read),
			(to: ReturnType<typeof clientOf>) => to.operator.autopilotHealth(read),
			(to: ReturnType<typeof clientOf>) =>
				to.txn.run([{ kind: "kv", verb: "get", key: "a", value: bytes(""), flags: 0n, index: 0, session: "" }], read),
		];
		for (let count = 0; count < cases / 5; count++) {
			const network: Network = {
				bindDatagram: () => Promise.reject(noNetwork),
				listen: () => Promise.reject(noNetwork),
				connect: async () => connectionWith(session([pick(answers, random)], random, flags.ack), random).connection,
			};
			const client = clientOf({ network, clock, servers: ["10.0.0.1:8300"] }, { holdTimeoutMs: 0 });
			await pick(asked, random)(client).catch(() => undefined);
			outcomes++;
			await client.close();
		}
		expect(outcomes).toBe(cases / 5);
		expect(clock.pendingCount).toBe(0);
	});
});
