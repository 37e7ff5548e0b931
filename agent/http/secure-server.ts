import type { Server as HttpServer, RequestListener, ServerOptions } from "node:http";
import { createServer, type Server } from "node:https";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { HttpTls } from "./options.ts";

/** A server that speaks HTTP/1.1 under TLS. Connections that do not agree on keys are cut, with a line at debug level. */
export function createSecureServer(
	options: ServerOptions,
	tls: HttpTls,
	listener: RequestListener,
	logger: Logger,
): HttpServer {
	const server = createServer(
		{ ...options, ...secureOptions(tls), handshakeTimeout: tls.handshakeTimeoutMs },
		listener,
	);
	server.on("tlsClientError", (error, socket) => {
		logger.debug("TLS handshake failed", { from: socket.remoteAddress ?? "", error: reasonOf(error) });
		socket.destroy();
	});
	return server;
}

/** OpenSSL's own words where there are some: `peer did not return a certificate`. */
function reasonOf(error: Error): string {
	return "reason" in error && typeof error.reason === "string" ? error.reason : errorMessage(error);
}

/** From the next connection on. */
export function replaceTls(server: HttpServer, tls: HttpTls): void {
	const secure = server as unknown as Server &
		Pick<ReturnType<typeof secureOptions>, "requestCert" | "rejectUnauthorized">;
	const { requestCert, rejectUnauthorized, ...context } = secureOptions(tls);
	secure.setSecureContext(context);
	// Node reads these for each connection, and has no other way to change them (a test holds it to that).
	secure.requestCert = requestCert;
	secure.rejectUnauthorized = rejectUnauthorized;
}

function secureOptions({ files, verifyIncoming }: HttpTls) {
	return { ...files, requestCert: verifyIncoming, rejectUnauthorized: verifyIncoming, ALPNProtocols: ["http/1.1"] };
}
