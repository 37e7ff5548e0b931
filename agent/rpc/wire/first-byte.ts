import type { Address, Clock, Connection, Listener, Network } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { Incoming } from "../../../lib/stream/index.ts";
import { ConnectionStream } from "./connection-stream.ts";
import type { ServedMethod } from "./rpc.ts";
import { serveRpcStream } from "./serve-rpc.ts";
import { YamuxSession } from "./yamux.ts";

/** What the first byte of a connection to the server port says, as in the reference (docs/raft.md). */
export const firstBytes = { rpc: 0, raft: 1, tls: 3, yamux: 4, snapshot: 5, grpc: 8 } as const;

/** What native TLS agrees on instead of a first byte -> that byte. */
export const nativeProtocols: Readonly<Record<string, number>> = {
	"consul/rpc-single": firstBytes.rpc,
	"consul/raft": firstBytes.raft,
	"consul/rpc-multi": firstBytes.yamux,
	"consul/rpc-snapshot": firstBytes.snapshot,
	"consul/rpc-grpc": firstBytes.grpc,
};

/** What is worth telling of. */
const refusals: ReadonlySet<string> = new Set(["TLS_FAILED", "TLS_REFUSED"]);

/** A connection with TLS behind it, if there is to be any. */
export interface AdmittedConnection {
	readonly connection: Connection;
	/** The peer has said by native TLS what it wants. */
	readonly firstByte?: number;
	/** Why Raft's calls of this peer are not answered. */
	readonly raftRefusal?: string;
}

export interface ServerPortOptions {
	readonly network: Network;
	readonly clock: Clock;
	readonly host: string;
	readonly port: number;
	/** TLS and the first byte must have come within this time: 5 s unless given, 0 for any time. */
	readonly handshakeTimeoutMs?: number;
	/** Connections from one address, more are closed at once: 100 unless given, 0 for any number. */
	readonly connectionsPerAddressMax?: number;
	readonly methods: ReadonlyMap<string, ServedMethod>;
	/** Raft's connections, after the byte. */
	readonly onRaft: (connection: Connection) => Promise<void>;
	/** Those that want or bring a snapshot, after the byte; without it they are closed. */
	readonly onSnapshot?: (connection: Connection) => Promise<void>;
	/** Those that speak gRPC, after the byte; without it they are closed. */
	readonly onGrpc?: (connection: Connection) => Promise<void>;
	/** Decides on TLS. Fails when the connection is refused. Without it there is none. */
	readonly admit?: (connection: Connection) => Promise<AdmittedConnection>;
	/** A connection is closed for what it said, or did not. */
	readonly onRefused?: (from: Address, error: DiscoError) => void;
}

/** One port for everything between servers, and between clients and servers. Other first bytes are closed. */
export async function listenOnServerPort(options: ServerPortOptions): Promise<Listener> {
	const open = new Map<string, number>();
	const { network, host, port, connectionsPerAddressMax = 100 } = options;
	const onConnection = (connection: Connection): void => {
		const from = connection.remote.host;
		const count = (open.get(from) ?? 0) + 1;
		if (connectionsPerAddressMax > 0 && count > connectionsPerAddressMax) {
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
async function serve(options: ServerPortOptions, accepted: Connection): Promise<void> {
	let connection = accepted;
	const { clock, handshakeTimeoutMs = 5_000 } = options;
	const timer = handshakeTimeoutMs > 0 ? clock.after(handshakeTimeoutMs, () => void connection.close()) : undefined;
	try {
		const admitted = (await options.admit?.(accepted)) ?? { connection: accepted };
		connection = admitted.connection;
		const incoming = new Incoming(connection.incoming);
		const first = admitted.firstByte ?? (await incoming.byte());
		timer?.cancel();
		const rest: Connection = {
			remote: connection.remote,
			incoming: incoming.rest(),
			write: (bytes) => connection.write(bytes),
			close: () => connection.close(),
		};
		await answer(options, admitted, first, rest);
	} catch (error) {
		// Others went away before they said what they want.
		if (error instanceof DiscoError && refusals.has(error.code)) options.onRefused?.(accepted.remote, error);
	}
	timer?.cancel();
	await connection.close();
}

async function answer(
	{ clock, methods, onRaft, onSnapshot, onGrpc }: ServerPortOptions,
	{ raftRefusal }: AdmittedConnection,
	first: number | undefined,
	rest: Connection,
): Promise<void> {
	if (first === firstBytes.raft) {
		if (raftRefusal !== undefined) throw new DiscoError("TLS_REFUSED", raftRefusal);
		await onRaft(rest);
	} else if (first === firstBytes.snapshot) await onSnapshot?.(rest);
	else if (first === firstBytes.grpc) await onGrpc?.(rest);
	else if (first === firstBytes.rpc) await serveRpcStream(new ConnectionStream(rest), methods);
	else if (first === firstBytes.yamux) await serveYamux(rest, clock, methods);
	else if (first === firstBytes.tls) throw new DiscoError("TLS_REFUSED", "TLS is not spoken here, or within TLS");
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
