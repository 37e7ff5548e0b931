import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createConnection, createServer, isIPv6, type Socket } from "node:net";
import type { Address, Connection, DatagramSocket, Listener, Network, StreamOptions } from "../env/index.ts";
import { assert, DiscoError, errorCode, errorMessage } from "../errors.ts";

/** UDP and TCP. */
export const nodeNetwork: Network = { bindDatagram, listen, connect };

async function bindDatagram(
	local: Address,
	onPacket: (packet: Uint8Array, from: Address) => void,
): Promise<DatagramSocket> {
	const socket = createSocket(isIPv6(local.host) ? "udp6" : "udp4");
	socket.on("message", (packet, from) => onPacket(packet, { host: from.address, port: from.port }));
	await bound(local, () => {
		socket.bind({ address: local.host, port: local.port, exclusive: true });
		return once(socket, "listening");
	});
	// A packet that cannot be sent is a lost packet.
	socket.on("error", () => undefined);
	let closed: Promise<void> | undefined;
	return {
		local: { host: local.host, port: socket.address().port },
		send: (packet, to) => {
			if (closed === undefined) socket.send(packet, to.port, to.host, () => undefined);
		},
		close: () => {
			closed ??= new Promise((resolve) => socket.close(() => resolve()));
			return closed;
		},
	};
}

async function listen(
	local: Address,
	onConnection: (connection: Connection) => void,
	{ halfOpen = false }: StreamOptions = {},
): Promise<Listener> {
	const server = createServer({ noDelay: true, allowHalfOpen: halfOpen }, (socket) =>
		onConnection(connectionOf(socket, halfOpen)),
	);
	await bound(local, () => {
		server.listen({ host: local.host, port: local.port, exclusive: true });
		return once(server, "listening");
	});
	server.on("error", () => undefined);
	const address = server.address();
	let closed: Promise<void> | undefined;
	return {
		local: { host: local.host, port: typeof address === "object" && address !== null ? address.port : local.port },
		close: () => {
			// Connections that were accepted are their owners'; closing does not wait for them.
			closed ??= new Promise((resolve) => {
				server.close();
				resolve();
			});
			return closed;
		},
	};
}

async function connect(
	to: Address,
	{ timeoutMs, halfOpen = false }: { readonly timeoutMs: number } & StreamOptions,
): Promise<Connection> {
	const socket = createConnection({ host: to.host, port: to.port, noDelay: true, allowHalfOpen: halfOpen });
	const timeout = AbortSignal.timeout(timeoutMs);
	try {
		await once(socket, "connect", { signal: timeout });
		return connectionOf(socket, halfOpen);
	} catch (error) {
		socket.destroy();
		const where = `${to.host}:${to.port}`;
		if (timeout.aborted || errorCode(error) === "ETIMEDOUT")
			throw new DiscoError("CONNECT_TIMEOUT", `${where} did not answer within ${timeoutMs} ms`, {
				cause: error,
				retryable: true,
			});
		throw new DiscoError("CONNECTION_REFUSED", `${where} refused the connection: ${errorMessage(error)}`, {
			cause: error,
			retryable: true,
		});
	}
}

const sockets = new WeakMap<Connection, Socket>();

/** What is under a connection of `nodeNetwork`, for who speaks TLS or HTTP/2 on it; undefined for other connections. */
export function socketOf(connection: Connection): Socket | undefined {
	return sockets.get(connection);
}

/**
 * The connection's first byte, which stays to be read; undefined when it ends before. For connections of `nodeNetwork` that
 * nobody has read of.
 */
export async function firstByteOf(connection: Connection): Promise<number | undefined> {
	const socket = socketOf(connection);
	assert(socket !== undefined, "a connection of nodeNetwork");
	for (;;) {
		const byte: Buffer | null = socket.read(1);
		if (byte !== null) {
			socket.unshift(byte);
			return byte[0];
		}
		if (socket.readableEnded || socket.destroyed) return undefined;
		await nextOf(socket, ["readable", "end", "close"]);
	}
}

function nextOf(socket: Socket, events: readonly string[]): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			for (const event of events) socket.off(event, done);
			resolve();
		};
		for (const event of events) socket.on(event, done);
	});
}

/** A stream of Node's as a connection. `onSilentEnd`: the peer has ended it and never sent a byte; gives what its reader fails with. */
export function connectionOf(socket: Socket, halfOpen: boolean, onSilentEnd?: () => DiscoError): Connection {
	// Whoever reads or writes hears of the error there.
	socket.on("error", () => undefined);
	const connection: Connection = {
		remote: { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 },
		write: (bytes) =>
			new Promise((resolve, reject) => {
				if (!socket.writable) return reject(connectionLost(undefined));
				socket.write(bytes, (error) => (error ? reject(connectionLost(error)) : resolve()));
			}),
		incoming: chunksOf(socket, halfOpen, onSilentEnd),
		...(halfOpen ? { endWrite: () => new Promise((resolve) => socket.end(() => resolve())) } : {}),
		close: () =>
			new Promise((resolve) => {
				if (socket.destroyed) return resolve();
				socket.once("close", () => resolve());
				// What was written is sent; what the peer still sends is not waited for.
				socket.end(() => socket.destroy());
			}),
	};
	sockets.set(connection, socket);
	return connection;
}

async function* chunksOf(
	socket: Socket,
	halfOpen: boolean,
	onSilentEnd: (() => DiscoError) | undefined,
): AsyncGenerator<Uint8Array> {
	let silent = onSilentEnd;
	try {
		// Iterating over the socket itself would destroy it at the peer's end.
		for await (const chunk of halfOpen ? socket.iterator({ destroyOnReturn: false }) : socket) {
			silent = undefined;
			yield chunk;
		}
	} catch (error) {
		// Closed at this end: the stream is over.
		if (errorCode(error) === "ERR_STREAM_PREMATURE_CLOSE" && socket.errored === null) return;
		throw connectionLost(error);
	}
	if (silent !== undefined) throw silent();
}

async function bound(local: Address, bind: () => Promise<unknown>): Promise<void> {
	try {
		await bind();
	} catch (error) {
		const code = errorCode(error) === "EADDRINUSE" ? "ADDRESS_IN_USE" : "ADDRESS_NOT_AVAILABLE";
		const why = code === "ADDRESS_IN_USE" ? "it is in use" : errorMessage(error);
		throw new DiscoError(code, `cannot listen on ${local.host}:${local.port}: ${why}`, { cause: error });
	}
}

function connectionLost(cause: unknown): DiscoError {
	return new DiscoError("CONNECTION_LOST", "the connection broke", { cause, retryable: true });
}
