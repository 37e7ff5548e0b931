import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type Answer, decode, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE } from "dns-packet";
import { afterEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../lib/env/fake.ts";
import type { Clock } from "../../lib/env/index.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { nodeClock, nodeRandom } from "../../lib/node/index.ts";
import { decodeQuery, type QueryMessage } from "./message.ts";
import type { RecursorAddress } from "./options.ts";
import { createRecursor, type Transport } from "./recursor.ts";

const host = "127.14.0.5";
const closers: (() => void)[] = [];

afterEach(() => {
	for (const close of closers.splice(0)) close();
});

interface Upstream {
	readonly address: RecursorAddress;
	/** `TRANSPORT NAME` of every question. */
	readonly asked: string[];
}

/** What an upstream server says; undefined: nothing. */
type Script = (query: Buffer, transport: Transport) => Buffer | readonly Buffer[] | undefined;

async function upstream(script: Script): Promise<Upstream> {
	const asked: string[] = [];
	const answer = (packet: Buffer, transport: Transport) => {
		asked.push(`${transport} ${decode(packet).questions?.[0]?.name}`);
		return [script(packet, transport) ?? []].flat();
	};
	const tcp = createServer((socket) => {
		socket.on("error", () => undefined);
		socket.on("data", (chunk: Buffer) => {
			for (const reply of answer(chunk.subarray(2), "tcp")) {
				// In two pieces, as a network may deliver it.
				const framed = Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]);
				socket.write(framed.subarray(0, 3), () => socket.write(framed.subarray(3)));
			}
		});
	});
	tcp.listen(0, host);
	await once(tcp, "listening");
	const { port } = tcp.address() as AddressInfo;
	const udp = createSocket("udp4");
	udp.on("message", (packet, from) => {
		for (const reply of answer(packet, "udp")) udp.send(reply, from.port, from.address);
	});
	udp.bind(port, host);
	await once(udp, "listening");
	closers.push(() => {
		udp.close();
		tcp.close();
	});
	return { address: { host, port }, asked };
}

const codes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const;

/** A reply to the packet with the given answers and flags. */
function reply(packet: Buffer, answers: Answer[], code: keyof typeof codes = "NOERROR", flags = 0): Buffer {
	const { id = 0, questions = [] } = decode(packet);
	return encode({ type: "response", id, flags: flags | codes[code], questions, answers });
}

const address = (data: string): Answer => ({ type: "A", name: "www.example.test", ttl: 60, data });

const packet = encode({
	type: "query",
	id: 4711,
	flags: RECURSION_DESIRED,
	questions: [{ type: "A", name: "www.example.test" }],
});

function recursor(
	recursors: readonly Upstream[],
	{ clock = nodeClock, strategy = "sequential" }: { clock?: Clock; strategy?: "sequential" | "random" } = {},
) {
	return createRecursor({
		options: () => ({
			recursors: recursors.map((server) => server.address),
			recursorStrategy: strategy,
			recursorTimeoutMs: 2000,
		}),
		clock,
		random: nodeRandom,
		logger: silentLogger,
	});
}

function clientQuery(): QueryMessage {
	const decoded = decodeQuery(packet);
	if (decoded.kind !== "query") throw new Error("the packet is a question");
	return decoded.query;
}

async function relayed(servers: readonly Upstream[], transport: Transport = "udp", clock: Clock = nodeClock) {
	const result = await recursor(servers, { clock }).relay(packet, clientQuery(), transport);
	return result === undefined ? undefined : decode(result);
}

describe("relay", () => {
	it.each(["udp", "tcp"] as const)("sends the reply on with the client's id, over %s", async (transport) => {
		const ids: (number | undefined)[] = [];
		const server = await upstream((query) => {
			ids.push(decode(query).id);
			return reply(query, [address("198.51.100.7")]);
		});
		expect(await relayed([server], transport)).toMatchObject({ id: 4711, answers: [{ data: "198.51.100.7" }] });
		expect(server.asked).toEqual([`${transport} www.example.test`]);
		// One in 65536 runs may draw the client's own.
		await relayed([server], transport);
		expect(ids[0] === 4711 && ids[1] === 4711).toBe(false);
	});

	it("goes on after SERVFAIL, not after NXDOMAIN", async () => {
		const failing = await upstream((query) => reply(query, [], "SERVFAIL"));
		const knowing = await upstream((query) => reply(query, [], "NXDOMAIN"));
		const unasked = await upstream((query) => reply(query, [address("192.0.2.1")]));
		expect(await relayed([failing, knowing, unasked])).toMatchObject({ rcode: "NXDOMAIN" });
		expect(unasked.asked).toEqual([]);
	});

	it("goes on when a server is silent or not there, and gives nothing when all are", async () => {
		const clock = new FakeClock();
		const silent = await upstream(() => {
			clock.advance(2000);
			return undefined;
		});
		const absent: Upstream = { address: { host: "127.14.0.6", port: 9 }, asked: [] };
		const answering = await upstream((query) => reply(query, [address("198.51.100.7")]));
		for (const transport of ["udp", "tcp"] as const) {
			expect(await relayed([silent, absent, answering], transport, clock)).toMatchObject({ id: 4711 });
			expect(await relayed([silent, absent], transport, clock)).toBeUndefined();
		}
	});

	it("passes over replies with another id or another question", async () => {
		const server = await upstream((query) => {
			const wrongId = reply(query, [address("192.0.2.66")]);
			wrongId.writeUInt16BE(query.readUInt16BE(0) ^ 1, 0);
			const otherName = encode({
				type: "response",
				id: query.readUInt16BE(0),
				questions: [{ type: "A", name: "www.exomple.test" }],
				answers: [address("192.0.2.67")],
			});
			return [wrongId, otherName, Buffer.from([1, 2, 3]), reply(query, [address("198.51.100.7")])];
		});
		expect(await relayed([server])).toMatchObject({ answers: [{ data: "198.51.100.7" }] });
	});

	it("spreads questions with the random strategy", async () => {
		const one = await upstream((query) => reply(query, []));
		const two = await upstream((query) => reply(query, []));
		const asking = recursor([one, two], { strategy: "random" });
		for (let time = 0; time < 40; time++) await asking.relay(packet, clientQuery(), "udp");
		expect(one.asked.length).toBeGreaterThan(3);
		expect(two.asked.length).toBeGreaterThan(3);
	});

	it("waits as long as the time-out says, by the clock that it was given", async () => {
		const silent = await upstream(() => undefined);
		const clock = new FakeClock();
		const asking = recursor([silent], { clock });
		const result = asking.relay(packet, clientQuery(), "udp");
		clock.advance(1999);
		expect(clock.pendingCount).toBe(1);
		clock.advance(1);
		expect(await result).toBeUndefined();
	});
});

describe("addresses", () => {
	it("gives addresses and aliases in order", async () => {
		const server = await upstream((query) =>
			reply(query, [
				{ type: "CNAME", name: "www.example.test", ttl: 60, data: "real.example.test" },
				{ type: "A", name: "real.example.test", ttl: 50, data: "198.51.100.7" },
				{ type: "TXT", name: "real.example.test", ttl: 50, data: "left out" },
			]),
		);
		expect(await recursor([server]).addresses("www.example.test")).toEqual([
			{ owner: "www.example.test", ttlSeconds: 60, data: { kind: "CNAME", target: "real.example.test" } },
			{ owner: "real.example.test", ttlSeconds: 50, data: { kind: "A", address: Uint8Array.from([198, 51, 100, 7]) } },
		]);
	});

	it("asks again over TCP when the reply was cut", async () => {
		const server = await upstream((query, transport) =>
			transport === "udp"
				? reply(query, [], "NOERROR", TRUNCATED_RESPONSE)
				: reply(query, [address("198.51.100.7"), address("198.51.100.8")]),
		);
		expect(await recursor([server]).addresses("www.example.test")).toHaveLength(2);
		expect(server.asked).toEqual(["udp www.example.test", "tcp www.example.test"]);
	});

	it("gives nothing for a reply that does not read", async () => {
		const server = await upstream((query) => reply(query, [address("198.51.100.7")]).subarray(0, -3));
		expect(await recursor([server]).addresses("www.example.test")).toEqual([]);
	});

	it("gives nothing without recursors", async () => {
		expect(await recursor([]).addresses("www.example.test")).toEqual([]);
	});
});
