import type { Clock, Connection, Listener, Network } from "../../../lib/env/index.ts";
import { Incoming } from "../../../lib/stream/index.ts";
import { type ServedMethod, serveRpcStream } from "./rpc.ts";
import { YamuxSession } from "./yamux.ts";

/** What the first byte of a connection to the server port says, as in the reference (docs/raft.md). */
export const firstBytes = { rpc: 0, raft: 1, tls: 3, yamux: 4, snapshot: 5 } as const;

/** The byte must come within this time. */
const handshakeTimeoutMs = 5_000;
/** Connections from one address; more are closed at once. */
const connectionsPerAddressMax = 100;

export interface ServerPortOptions {
	readonly network: Network;
	readonly clock: Clock;
	readonly host: string;
	readonly port: number;
	readonly methods: ReadonlyMap<string, ServedMethod>;
	/** Raft's connections, after the byte. */
	readonly onRaft: (connection: Connection) => Promise<void>;
	/** Those that want or bring a snapshot, after the byte; without it they are closed. */
	readonly onSnapshot?: (connection: Connection) => Promise<void>;
}

/** One port for everything between servers, and between clients and servers. Other first bytes are closed. */
export async function listenOnServerPort(options: ServerPortOptions): Promise<Listener> {
	const open = new Map<string, number>();
	const { network, host, port } = options;
	const onConnection = (connection: Connection): void => {
		const from = connection.remote.host;
		const count = (open.get(from) ?? 0) + 1;
		if (count > connectionsPerAddressMax) {
			void connection.close();
			return;
		}
		open.set(from, count);
		void serve(options, connection).finally(() => {
			const left = (open.get(from) ?? 1) - 1;
			if (left === 0) open.delete(from);
			else open.set(from, left);
		});
	};
	return network.listen({ host, port }, onConnection, { halfOpen: true });
}

/** Resolves when the connection is over. Never throws. */
async function serve({ clock, methods, onRaft, onSnapshot }: ServerPortOptions, connection: Connection): Promise<void> {
	const timer = clock.after(handshakeTimeoutMs, () => void connection.close());
	try {
		const incoming = new Incoming(connection.incoming);
		const first = await incoming.byte();
		timer.cancel();
		const rest: Connection = {
			remote: connection.remote,
			incoming: incoming.rest(),
			write: (bytes) => connection.write(bytes),
			close: () => connection.close(),
		};
		if (first === firstBytes.raft) await onRaft(rest);
		else if (first === firstBytes.snapshot) await onSnapshot?.(rest);
		else if (first === firstBytes.rpc) await serveRpcStream(rest, methods);
		else if (first === firstBytes.yamux) await serveYamux(rest, clock, methods);
	} catch {
		// A peer that went away before it said what it wants.
	}
	timer.cancel();
	await connection.close();
}

function serveYamux(connection: Connection, clock: Clock, methods: ReadonlyMap<string, ServedMethod>): Promise<void> {
	return new Promise((resolve) => {
		const session = new YamuxSession({
			connection,
			clock,
			side: "server",
			onStream: (stream) => void serveRpcStream(stream, methods),
			onEnd: resolve,
		});
		void session;
	});
}
