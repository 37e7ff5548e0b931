import type { Server, Socket } from "node:net";

/** What the reference says, byte for byte. */
const refusal = [
	"HTTP/1.1 429 Too Many Requests",
	"Content-Type: text/plain",
	"Content-Length: 81",
	"Connection: close",
	"",
	"Your IP is issuing too many concurrent connections, please rate limit your calls\n",
].join("\r\n");

/**
 * Takes at most `max` connections at a time from one IP address; more get a 429 and are closed (under TLS just closed). To be
 * called when everything else that wants connections has its listeners. Unix sockets are not counted.
 */
export function limitConnections(server: Server, max: number, options: { readonly isTls: boolean }): void {
	const accept = server.listeners("connection") as ((this: Server, socket: Socket) => void)[];
	const open = new Map<string, number>();
	server.removeAllListeners("connection");
	server.on("connection", (socket: Socket) => {
		const { remoteAddress: client } = socket;
		if (client !== undefined) {
			const count = (open.get(client) ?? 0) + 1;
			if (count > max) {
				refuse(socket, options.isTls);
				return;
			}
			open.set(client, count);
			socket.once("close", () => {
				const left = (open.get(client) ?? 1) - 1;
				if (left === 0) open.delete(client);
				else open.set(client, left);
			});
		}
		for (const listener of accept) listener.call(server, socket);
	});
}

/** Nothing is read: whoever does not take the answer must not hold the connection either. */
function refuse(socket: Socket, isTls: boolean): void {
	socket.on("error", () => socket.destroy());
	if (isTls) socket.destroy();
	else {
		socket.end(refusal, "latin1");
		socket.destroySoon();
	}
}
