import { once } from "node:events";
import { checkServerIdentity, connect, type SecureContext } from "node:tls";
import type { Connection } from "../env/index.ts";
import { assert, DiscoError } from "../errors.ts";
import { connectionOf, socketOf } from "../node/index.ts";
import { handshakeFault } from "./reasons.ts";

export interface ConnectTlsOptions {
	readonly context: SecureContext;
	/** Name that the peer's certificate must have; without one any name will do. */
	readonly serverName: string | undefined;
	readonly timeoutMs: number;
	readonly halfOpen: boolean;
	/** As of `connectionOf`: with TLS 1.3 a server that refuses our certificate is heard of only then. */
	readonly onSilentEnd: () => DiscoError;
}

/**
 * Goes on with TLS on a connection that was made by `nodeNetwork` and not read of. The peer's certificate must be of the context's
 * authority. Fails with `CONNECTION_REFUSED` or `CONNECT_TIMEOUT`; then the connection is closed.
 */
export async function connectTls(connection: Connection, options: ConnectTlsOptions): Promise<Connection> {
	const { context, serverName, timeoutMs, halfOpen, onSilentEnd } = options;
	const under = socketOf(connection);
	assert(under !== undefined, "a connection of nodeNetwork");
	const { host, port } = connection.remote;
	const socket = connect({
		socket: under,
		secureContext: context,
		rejectUnauthorized: true,
		...(serverName === undefined
			? { checkServerIdentity: () => undefined }
			: {
					servername: serverName,
					checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
				}),
	});
	const timeout = AbortSignal.timeout(timeoutMs);
	try {
		await once(socket, "secureConnect", { signal: timeout });
		return connectionOf(socket, halfOpen, onSilentEnd);
	} catch (error) {
		socket.on("error", () => undefined);
		socket.destroy();
		const options = { cause: error, retryable: true };
		if (timeout.aborted)
			throw new DiscoError("CONNECT_TIMEOUT", `${host}:${port} did not finish TLS within ${timeoutMs} ms`, options);
		throw new DiscoError("CONNECTION_REFUSED", `no TLS with ${host}:${port}: ${handshakeFault(error)}`, options);
	}
}
