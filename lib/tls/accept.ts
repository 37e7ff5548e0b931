import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Connection } from "../env/index.ts";
import { assert, DiscoError, errorCode } from "../errors.ts";
import { connectionOf, socketOf } from "../node/index.ts";
import { contextOptions, type TlsFiles } from "./files.ts";
import { certificateFault, handshakeFault } from "./reasons.ts";

/** A connection under TLS, with what is known of who made it. */
export interface AcceptedTls {
	readonly connection: Connection;
	/** The peer's certificate; undefined when it has none that is of our authority. */
	readonly certificate: X509Certificate | undefined;
	/** Why there is no certificate; empty when there is one. */
	readonly fault: string;
	/** What both agreed on by ALPN. */
	readonly protocol: string | undefined;
}

/** The side of TLS that is connected to, for connections that something else has accepted. */
export interface TlsAcceptor {
	/**
	 * Shakes hands on a connection of `nodeNetwork` that allows half-open ones, behind so many bytes that have come. Who has no
	 * certificate, or a wrong one, is let in: the caller decides. Fails with `TLS_FAILED`; then the connection is closed.
	 */
	accept(connection: Connection, options: { readonly skipBytes: number }): Promise<AcceptedTls>;
	/** From the next handshake on. */
	replace(files: TlsFiles): void;
}

interface Waiting {
	readonly done: (socket: TLSSocket) => void;
	readonly fail: (error: unknown) => void;
}

/**
 * No session is resumed: whoever comes shows its certificate, and it is judged by the authority of now. (Go's clients do not
 * ask for it; agents keep their connections.)
 */
export function createTlsAcceptor(
	files: TlsFiles,
	options: {
		readonly protocols: readonly string[];
		/** 0 for Node's own limit, 120 s. */
		readonly handshakeTimeoutMs: number;
	},
): TlsAcceptor {
	/** By `host port` of the peer: Node tells of the socket under TLS in no other way. */
	const waiting = new Map<string, Waiting>();
	const server = createServer({
		...contextOptions(files),
		requestCert: true,
		rejectUnauthorized: false,
		ALPNProtocols: [...options.protocols],
		handshakeTimeout: options.handshakeTimeoutMs,
	});
	server.on("secureConnection", (socket) => waiting.get(keyOf(socket))?.done(socket));
	server.on("tlsClientError", (error, socket) => {
		waiting.get(keyOf(socket))?.fail(error);
		socket.destroy();
	});

	return {
		replace: (next) => server.setSecureContext(contextOptions(next)),
		async accept(connection, { skipBytes }) {
			const under = socketOf(connection);
			assert(under !== undefined, "a connection of nodeNetwork");
			const key = keyOf(under);
			if (skipBytes > 0) under.read(skipBytes);
			// Who goes away within the handshake is not waited for.
			under.allowHalfOpen = false;
			try {
				const socket = await new Promise<TLSSocket>((done, fail) => {
					waiting.set(key, { done, fail });
					under.once("close", () => fail(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
					// As documented: connections may be given to a TLS server.
					server.emit("connection", under);
				});
				return accepted(socket);
			} catch (error) {
				throw new DiscoError("TLS_FAILED", handshakeFault(error), { cause: error, retryable: true });
			} finally {
				waiting.delete(key);
			}
		},
	};
}

function accepted(socket: TLSSocket): AcceptedTls {
	const shown = socket.getPeerX509Certificate();
	socket.allowHalfOpen = true;
	const isGood = shown !== undefined && socket.authorized;
	return {
		connection: connectionOf(socket, true),
		certificate: isGood ? shown : undefined,
		fault: isGood ? "" : shown === undefined ? "it has shown no certificate" : certificateFault(faultOf(socket)),
		protocol: socket.alpnProtocol || undefined,
	};
}

/** Node gives the code itself, whatever its types say. */
function faultOf({ authorizationError }: TLSSocket): string {
	return typeof authorizationError === "string" ? authorizationError : (errorCode(authorizationError) ?? "unknown");
}

function keyOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
	return `${remoteAddress} ${remotePort}`;
}
