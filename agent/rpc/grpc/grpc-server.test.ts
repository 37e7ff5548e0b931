import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { createConnection, type Socket } from "node:net";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { Listener } from "../../../lib/env/index.ts";
import { nodeClock, nodeNetwork } from "../../../lib/node/index.ts";
import { createServedMethods, listenOnServerPort } from "../forward/index.ts";
import { registration, serviceContent, startServer, write } from "../testing.ts";
import { createGrpcService } from "./index.ts";
import { encodeSubscribeRequest, type SubscribeRequest } from "./messages.ts";
import { Subscriber } from "./testing.ts";

// The service on a real port, asked by Node's HTTP/2.

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

async function start() {
	const server = await startServer();
	const { endpoints, clock, store } = server;
	const grpc = createGrpcService(endpoints);
	store.observe({ restored: () => grpc.restored() });
	const listener = await listenOnServerPort({
		network: nodeNetwork,
		clock: nodeClock,
		host: "127.0.0.1",
		port: 0,
		methods: createServedMethods(endpoints, { datacenter: "dc1" }),
		onRaft: async () => undefined,
		onGrpc: (connection) => grpc.serve(connection),
	});
	ends.push(
		() => grpc.close(),
		() => listener.close(),
	);
	// The state wakes who waits by its clock.
	const ticking = setInterval(() => clock.advance(1), 1);
	ends.push(() => clearInterval(ticking));
	return { ...server, grpc, listener, session: await sessionTo(listener) };
}

async function socketTo({ local }: Listener): Promise<Socket> {
	const socket = createConnection(local);
	await once(socket, "connect");
	socket.write(Uint8Array.of(8));
	ends.push(() => socket.destroy());
	return socket;
}

async function sessionTo(listener: Listener): Promise<ClientHttp2Session> {
	const socket = await socketTo(listener);
	const session = connect("http://consul", { createConnection: () => socket });
	session.on("error", () => undefined);
	ends.push(() => session.destroy());
	return session;
}

/** Resolves with the status of gRPC when the call is over. */
function statusOf(stream: ClientHttp2Stream): Promise<number> {
	return new Promise((resolve) => {
		const look = (headers: Readonly<Record<string, unknown>>) => {
			if (headers["grpc-status"] !== undefined) resolve(Number(headers["grpc-status"]));
		};
		stream.once("response", look);
		stream.once("trailers", look);
	});
}

class Call extends Subscriber {
	readonly stream: ClientHttp2Stream;
	/** Status of gRPC, once the call has ended. */
	readonly status: Promise<number>;
	#rest = Buffer.alloc(0);

	constructor(session: ClientHttp2Session, request: Partial<SubscribeRequest>) {
		super();
		this.begin((request.index ?? 0) > 0);
		this.stream = session.request({
			":method": "POST",
			":path": "/subscribe.StateChangeSubscription/Subscribe",
			"content-type": "application/grpc",
			te: "trailers",
		});
		this.stream.on("error", () => undefined);
		this.status = statusOf(this.stream);
		const message = encodeSubscribeRequest({ key: "web", ...request });
		const head = Buffer.alloc(5);
		head.writeUInt32BE(message.length, 1);
		this.stream.end(Buffer.concat([head, message]));
	}

	/** Reads from now on. */
	read(): this {
		this.stream.on("data", (chunk: Buffer) => {
			this.#rest = Buffer.concat([this.#rest, chunk]);
			while (this.#rest.length >= 5 && this.#rest.length >= 5 + this.#rest.readUInt32BE(1)) {
				const end = 5 + this.#rest.readUInt32BE(1);
				this.take(this.#rest.subarray(5, end));
				this.#rest = this.#rest.subarray(end);
			}
			this.stream.emit("taken");
		});
		return this;
	}

	async until(isSo: () => boolean): Promise<void> {
		while (!isSo()) await once(this.stream, "taken");
	}
}

const web = (port: number, meta: Readonly<Record<string, string>> | null = null) =>
	registration("n1", { service: serviceContent("web", { port, meta }) });

describe("the server port, first byte 8", () => {
	it("answers subscriptions, as many as a client wants on one connection", async () => {
		const { endpoints, session } = await start();
		await endpoints.catalog.register(web(80), write);
		const calls = Array.from({ length: 200 }, () => new Call(session, {}).read());
		for (const call of calls) await call.until(() => call.index > 0);
		await endpoints.catalog.register(web(81), write);
		for (const call of calls) await call.until(() => call.kinds.includes("change"));
		expect(calls.map(({ view }) => [...view.values()])).toEqual(
			calls.map(() => [expect.objectContaining({ Service: expect.objectContaining({ Port: 81 }) })]),
		);
	});

	it("forgets a subscription that was given up, and those of a connection that broke", async () => {
		const { session, store, listener } = await start();
		const other = await sessionTo(listener);
		const [one, two] = [new Call(session, {}).read(), new Call(other, { key: "db" }).read()];
		for (const call of [one, two]) await call.until(() => call.index > 0);
		expect(store.counts().watchedTopics).toBe(2);
		one.stream.close();
		other.destroy();
		while (store.counts().watchedTopics > 0) await new Promise((resolve) => setTimeout(resolve, 5));
	});

	it("keeps nothing of what a subscriber does not take: it is told the end of it", async () => {
		const { endpoints, session } = await start();
		await endpoints.catalog.register(web(0), write);
		const call = new Call(session, {});
		await once(call.stream, "response");
		for (let port = 1; port <= 100; port++) {
			await endpoints.catalog.register(web(port, { long: `${port}`.padEnd(200_000, "x") }), write);
			await new Promise((resolve) => setImmediate(resolve));
		}
		call.read();
		const isLast = () => JSON.stringify([...call.view.values()]).includes('"Port":100,');
		await call.until(isLast);
		// HTTP/2 takes 64 KiB of those that are not read.
		expect(call.kinds.length).toBeLessThan(10);
	});

	it("says what is wrong, and when to begin anew", async () => {
		const { session, store, grpc } = await start();
		expect(await new Call(session, { topic: 7 }).read().status).toBe(3);
		expect(await new Call(session, { datacenter: "dc9" }).read().status).toBe(2);
		const stale = new Call(session, {}).read();
		await stale.until(() => stale.index > 0);
		const snapshot = [...store.snapshot().records];
		const restore = store.restore();
		for (const record of snapshot) restore.add(record);
		restore.finish();
		expect(await stale.status).toBe(10);
		const last = new Call(session, {}).read();
		await last.until(() => last.index > 0);
		grpc.close();
		expect(await last.status).toBe(10);
	});

	it("has no peers, and does not know other methods", async () => {
		const { session } = await start();
		const ask = async (path: string) => {
			const head = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
			const stream = session.request({ ...head, ":path": path });
			const status = statusOf(stream);
			stream.end(Buffer.alloc(5));
			const parts: Buffer[] = [];
			for await (const part of stream) parts.push(part);
			return [await status, Buffer.concat(parts).toString("hex")];
		};
		const peering = "/hashicorp.consul.internal.peering.PeeringService";
		expect(await ask(`${peering}/PeeringList`)).toEqual([0, "00000000021001"]);
		expect(await ask(`${peering}/PeeringRead`)).toEqual([0, "0000000000"]);
		expect(await ask(`${peering}/Establish`)).toEqual([12, ""]);
	});

	it("ends connections that bring anything else", async () => {
		const { listener, session } = await start();
		const recorded = await recording((socket) => new Call(connectOver(socket), {}));
		await fc.assert(
			fc.asyncProperty(
				fc.nat(recorded.length - 1),
				fc.uint8Array({ minLength: 1, maxLength: 40 }),
				fc.nat(40),
				async (at, put, cut) => {
					const socket = await socketTo(listener);
					socket.on("error", () => undefined);
					socket.resume();
					socket.end(Buffer.concat([recorded.subarray(0, at), put, recorded.subarray(at + cut)]));
					if (!socket.closed) await once(socket, "close").catch(() => undefined);
				},
			),
			{ numRuns: process.env["DISCO_LONG"] === undefined ? 100 : 5_000 },
		);
		const call = new Call(session, {}).read();
		await call.until(() => call.index > 0);
	});
});

function connectOver(socket: Duplex): ClientHttp2Session {
	const session = connect("http://consul", { createConnection: () => socket });
	session.on("error", () => undefined);
	return session;
}

/** What a client writes before it is answered. */
async function recording(act: (socket: Duplex) => void): Promise<Buffer> {
	const written: Buffer[] = [];
	const socket = new Duplex({
		read: () => undefined,
		write(chunk: Buffer, _encoding, done) {
			written.push(Buffer.from(chunk));
			done();
			this.emit("written");
		},
	});
	act(socket);
	while (Buffer.concat(written).length < 100) await once(socket, "written");
	await new Promise((resolve) => setImmediate(resolve));
	socket.destroy();
	return Buffer.concat(written);
}
