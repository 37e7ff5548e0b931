import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { decode, encode } from "dns-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { defaultDnsOptions } from "./options.ts";
import { createDnsServer, type DnsServer } from "./server.ts";
import { createTcpService } from "./tcp.ts";
import { createTestCatalog } from "./testing.ts";

const host = "127.14.0.4";
let clock: FakeClock;
let server: DnsServer;
const opened: Socket[] = [];

function create(listen = [{ host, port: 0 }]): DnsServer {
	const catalog = createTestCatalog();
	catalog.node("n1", "10.0.0.2");
	catalog.service("n1", { service: "web", port: 8001 });
	return createDnsServer({
		endpoints: catalog.endpoints,
		options: () => defaultDnsOptions,
		datacenter: "dc1",
		clock,
		random: fakeRandom(1),
		logger: silentLogger,
		listen,
	});
}

beforeEach(async () => {
	clock = new FakeClock();
	server = create();
	await server.start();
});

afterEach(async () => {
	for (const socket of opened.splice(0)) socket.destroy();
	await server.close();
});

const port = () => server.addresses[0]?.port ?? 0;

const question = (id: number, name = "web.service.consul") =>
	encode({ type: "query", id, questions: [{ type: "A", name }] });

function framed(message: Buffer): Buffer {
	return Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);
}

async function open(): Promise<Socket> {
	const socket = connect({ host, port: port() });
	socket.on("error", () => undefined);
	opened.push(socket);
	await once(socket, "connect");
	return socket;
}

/** Resolves with the ids of the next `count` answers. */
function answers(socket: Socket, count: number): Promise<(number | undefined)[]> {
	return new Promise((resolve) => {
		let received = Buffer.alloc(0);
		const ids: (number | undefined)[] = [];
		socket.on("data", (chunk: Buffer) => {
			received = Buffer.concat([received, chunk]);
			while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
				const end = 2 + received.readUInt16BE(0);
				ids.push(decode(received.subarray(2, end)).id);
				received = received.subarray(end);
			}
			if (ids.length >= count) resolve(ids);
		});
	});
}

describe("UDP", () => {
	it("answers, and says nothing to what is no question", async () => {
		const socket = createSocket("udp4");
		const replies: Buffer[] = [];
		socket.on("message", (reply) => replies.push(reply));
		socket.send(Buffer.from([1, 2, 3]), port(), host);
		socket.send(question(7), port(), host);
		await once(socket, "message");
		socket.close();
		expect(replies.map((reply) => decode(reply))).toMatchObject([{ id: 7, answers: [{ data: "10.0.0.2" }] }]);
	});
});

describe("TCP", () => {
	it("answers many questions of one connection, however they are cut", async () => {
		const socket = await open();
		const stream = Buffer.concat(Array.from({ length: 200 }, (_, id) => framed(question(id))));
		const ids = answers(socket, 200);
		for (let at = 0; at < stream.length; at += 997) socket.write(stream.subarray(at, at + 997));
		expect((await ids).sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 200 }, (_, id) => id));
	});

	it("answers what came before the client ended its side, then ends too", async () => {
		const socket = await open();
		const ids = answers(socket, 2);
		socket.end(Buffer.concat([framed(question(1)), framed(question(2))]));
		expect((await ids).sort()).toEqual([1, 2]);
		await once(socket, "close");
	});

	it.each([
		["nothing", Buffer.alloc(0)],
		["half a question", framed(question(1)).subarray(0, 20)],
	])("closes a connection that sends %s for 8 s", async (_, bytes) => {
		const socket = await open();
		const first = answers(socket, 1);
		socket.write(Buffer.concat([framed(question(9)), bytes]));
		expect(await first).toEqual([9]);
		const closed = once(socket, "close");
		clock.advance(7999);
		// Still open: it answers.
		if (bytes.length === 0) {
			const second = answers(socket, 1);
			socket.write(framed(question(10)));
			expect(await second).toEqual([10]);
		}
		clock.advance(8001);
		await closed;
	});

	it("closes a connection that asks and never reads, and holds little for it", async () => {
		const reply = Buffer.alloc(4000);
		let asked = 0;
		const service = createTcpService(() => {
			asked++;
			return Promise.resolve(reply);
		}, clock);
		service.server.listen(0, host);
		await once(service.server, "listening");
		const socket = connect({ host, port: (service.server.address() as { port: number }).port });
		socket.on("error", () => undefined);
		opened.push(socket);
		await once(socket, "connect");
		socket.pause();
		const questions = 100_000;
		socket.write(Buffer.concat(Array.from({ length: questions }, () => framed(question(1)))));
		const connections = () =>
			new Promise<number>((resolve) => service.server.getConnections((_error, count) => resolve(count)));
		while ((await connections()) > 0) {
			await new Promise((resolve) => setTimeout(resolve, 1));
			clock.advance(1_000);
		}
		// What the sockets' buffers and the limit take; all answers would be 400 MB.
		expect(asked * reply.length).toBeLessThan(40_000_000);
		service.server.close();
	});

	it("closes a connection that brings no question", async () => {
		const socket = await open();
		const closed = once(socket, "close");
		socket.write(framed(Buffer.from([1, 2, 3])));
		await closed;
	});
});

describe("lifecycle", () => {
	it("listens on UDP and TCP at one port, on every address", async () => {
		const two = create([
			{ host, port: 0 },
			{ host: "127.14.0.5", port: 0 },
		]);
		await two.start();
		expect(two.addresses.map((address) => address.host)).toEqual([host, "127.14.0.5"]);
		await two.close();
	});

	it("closes once and for all, with connections open", async () => {
		const socket = await open();
		const closed = once(socket, "close");
		await Promise.all([server.close(), server.close()]);
		await closed;
		await server.close();
	});

	it("says which address is in use, and then listens nowhere", async () => {
		const free = createServer();
		free.listen(0, "127.14.0.5");
		await once(free, "listening");
		const { port: freePort } = free.address() as { port: number };
		await new Promise((resolve) => free.close(resolve));
		const second = create([
			{ host: "127.14.0.5", port: freePort },
			{ host, port: port() },
		]);
		await expect(second.start()).rejects.toMatchObject({
			code: "ADDRESS_IN_USE",
			message: `DNS: ${host}:${port()} is in use by another program; stop it or choose another port (ports.dns, -dns-port)`,
		});
		const again = create([{ host: "127.14.0.5", port: freePort }]);
		await again.start();
		await again.close();
	});

	it("says that an address is not of this machine", async () => {
		await expect(create([{ host: "192.0.2.1", port: 0 }]).start()).rejects.toMatchObject({
			code: "ADDRESS_NOT_AVAILABLE",
		});
	});
});
