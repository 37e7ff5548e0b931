import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../lib/env/index.ts";
import type { ClientResponder } from "./guard.ts";

/** Connections at one time; a further one is closed at once. */
const connectionsMax = 1024;
/** Questions of one connection that wait for their answers; then it is not read until one is sent (RFC 7766 section 6.2.1.1). */
const pipelinedMax = 64;
/** Answers that the client has not fetched; then it is not read either. */
const unsentBytesMax = 256 * 1024;
/**
 * A connection is closed when for this long no whole question came and no answer left: the idle, those that send a byte now
 * and then, and those that do not read.
 */
const stillMs = 8000;
const lengthBytes = 2;

export interface TcpService {
	readonly server: Server;
	/** Ends every connection. */
	closeConnections(): void;
}

/** DNS over TCP: each message with its length before it (RFC 1035 section 4.2.2). Answers may overtake one another (RFC 7766). */
export function createTcpService(respond: ClientResponder, clock: Clock): TcpService {
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		serve(socket, respond, clock);
	});
	server.maxConnections = connectionsMax;
	return {
		server,
		closeConnections() {
			for (const socket of sockets) socket.destroy();
		},
	};
}

function serve(socket: Socket, respond: ClientResponder, clock: Clock): void {
	let received: Buffer = Buffer.alloc(0);
	const client = socket.remoteAddress ?? "";
	let waiting = 0;
	let ended = false;
	let timer: Timer | undefined;

	const stir = () => {
		timer?.cancel();
		timer = clock.after(stillMs, () => {
			// Only our own work is outstanding: the client did nothing wrong.
			if (waiting > 0 && socket.writableLength === 0) stir();
			else socket.destroy();
		});
	};

	const answer = async (packet: Buffer) => {
		waiting++;
		const reply = await respond(packet, "tcp", client);
		waiting--;
		if (socket.destroyed) return;
		if (reply === undefined) {
			// What gets no answer is no question; nothing good follows it on this connection.
			socket.destroy();
			return;
		}
		socket.write(framed(reply), stir);
		readOn();
	};

	const readOn = () => {
		while (waiting < pipelinedMax && socket.writableLength <= unsentBytesMax) {
			const packet = nextMessage(received);
			if (packet === undefined) break;
			received = received.subarray(lengthBytes + packet.length);
			stir();
			void answer(packet);
			if (socket.destroyed) return;
		}
		const mayRead = nextMessage(received) === undefined;
		if (mayRead) socket.resume();
		else socket.pause();
		if (ended && mayRead && waiting === 0) socket.end();
	};

	socket.setNoDelay(true);
	socket.on("data", (chunk: Buffer) => {
		received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
		readOn();
	});
	socket.on("drain", readOn);
	socket.on("end", () => {
		ended = true;
		readOn();
	});
	socket.on("error", () => socket.destroy());
	socket.on("close", () => timer?.cancel());
	stir();
}

/** The first whole message, or undefined while more bytes are needed. */
function nextMessage(received: Buffer): Buffer | undefined {
	if (received.length < lengthBytes) return undefined;
	const end = lengthBytes + received.readUInt16BE(0);
	return received.length < end ? undefined : received.subarray(lengthBytes, end);
}

function framed(message: Buffer): Buffer {
	const frame = Buffer.allocUnsafe(lengthBytes + message.length);
	frame.writeUInt16BE(message.length, 0);
	message.copy(frame, lengthBytes);
	return frame;
}
