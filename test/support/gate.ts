import { connect, createServer, type Server, type Socket } from "node:net";

/** A port before an agent that can go away and come back, as the agent itself would. */
export interface Gate {
	readonly address: string;
	up(): Promise<void>;
	down(): Promise<void>;
}

/** A closed gate before `address`; its port is fixed when it first goes up. */
export function createGate(address: string): Gate {
	const [host = "", targetPort = ""] = address.split(":");
	const sockets = new Set<Socket>();
	let server: Server | undefined;
	let port = 20_000 + (process.pid % 10_000);
	return {
		get address() {
			return `${host}:${port}`;
		},
		async up() {
			server = createServer((incoming) => {
				const outgoing = connect(Number(targetPort), host);
				for (const socket of [incoming, outgoing]) {
					sockets.add(socket);
					socket.on("error", () => {}).on("close", () => sockets.delete(socket));
				}
				incoming.pipe(outgoing).pipe(incoming);
			});
			await new Promise<void>((resolve, reject) => {
				server?.once("error", reject).listen(port, host, resolve);
			});
			port = (server.address() as { port: number }).port;
		},
		async down() {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
			server = undefined;
		},
	};
}
