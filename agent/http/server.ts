import { chmod, chown, stat, unlink } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { assert, DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import { limitConnections } from "./connection-limit.ts";
import { ownDescriptorWarning } from "./descriptor-limit.ts";
import { createDispatcher, createListener, createQuickTake } from "./listener.ts";
import { createOpenRequests } from "./open-requests.ts";
import type { HttpListenAddress, HttpServer, HttpServerOptions, HttpTls, SocketRights } from "./options.ts";
import { putQuickBefore, type QuickServer } from "./quick-server.ts";
import { createSecureServer, replaceTls } from "./secure-server.ts";

/** Request line and headers together, in bytes; a KV key stands in the request line. */
const headerBytesMaxDefault = 128 * 1024;
/** Connections per address; more are closed at once. */
const connectionsMax = 20_000;
/** How many connections may wait to be accepted: thousands of watchers come back together after a restart. */
const backlog = 4096;
/** A client has this long to send its headers, and its whole request. Long polls are answers and not concerned. */
const headersTimeoutMs = 60_000;
const requestTimeoutMs = 300_000;
/** Longer than the pauses of clients that keep connections, so that they do not meet one that closes. */
const keepAliveTimeoutMs = 120_000;
/** A connection on which nothing moves; above the longest long poll (600 s and a sixteenth). */
const idleTimeoutMs = 900_000;
const limits = { headersTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs };
/** How long `close` waits for answers under way. */
const closeGraceMs = 1_000;
/** How often it looks for connections whose answer has gone out meanwhile. */
const closePollMs = 10;

interface Listening {
	readonly server: Server;
	readonly isSecure: boolean;
	/** What has not reached it. */
	readonly quick: QuickServer;
}

/** Makes the HTTP API's server; it listens after `start`. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
	const open = createOpenRequests();
	const dispatcher = createDispatcher(options, open, () => leaveSoon(options));
	const app = createListener(options, dispatcher);
	const takeQuick = createQuickTake(options, dispatcher);
	const servers: Listening[] = [];
	let { tls } = options;
	let closing: Promise<void> | undefined;
	return {
		async start() {
			const bound: HttpListenAddress[] = [];
			try {
				await app.ready();
				const warning = await ownDescriptorWarning(connectionsMax);
				if (warning !== undefined) options.logger.warn(warning);
				for (const address of options.config.listen) {
					const isSecure = address.secure === true;
					assert(!isSecure || tls !== undefined, "an HTTPS address comes with its TLS");
					const server = createNodeServer(options, isSecure ? tls : undefined, (request, response) =>
						app.routing(request, response),
					);
					const quick = putQuickBefore(server, takeQuick, { clock: options.clock, limits });
					const { connectionsPerClientMax = 0 } = options.config;
					if (connectionsPerClientMax > 0) limitConnections(server, connectionsPerClientMax, { isTls: isSecure });
					servers.push({ server, isSecure, quick });
					bound.push(await listen(server, address));
				}
			} catch (error) {
				await this.close();
				throw error;
			}
			return bound;
		},
		replaceTls(next) {
			tls = next;
			for (const { server, isSecure } of servers) if (isSecure) replaceTls(server, next);
		},
		close() {
			closing ??= closeAll(servers, options, () => open.abortAll()).then(() => app.close());
			return closing;
		},
	};
}

function createNodeServer(
	{ config, logger }: HttpServerOptions,
	tls: HttpTls | undefined,
	listener: RequestListener,
): Server {
	const nodeOptions = {
		maxHeaderSize: config.headerBytesMax ?? headerBytesMaxDefault,
		headersTimeout: headersTimeoutMs,
		requestTimeout: requestTimeoutMs,
		keepAliveTimeout: keepAliveTimeoutMs,
		noDelay: true,
	};
	const server =
		tls === undefined ? createServer(nodeOptions, listener) : createSecureServer(nodeOptions, tls, listener, logger);
	server.maxConnections = connectionsMax;
	server.on("drop", () => logger.warn("connection refused: too many", { max: connectionsMax }));
	server.setTimeout(idleTimeoutMs);
	return server;
}

async function listen(server: Server, address: HttpListenAddress): Promise<HttpListenAddress> {
	if ("path" in address) await removeStaleSocket(address.path);
	await new Promise<void>((resolve, reject) => {
		server.once("error", (error) => reject(listenError(error, address)));
		server.listen(
			{ ...("path" in address ? { path: address.path } : { host: address.host, port: address.port }), backlog },
			() => {
				server.removeAllListeners("error");
				resolve();
			},
		);
	});
	if ("path" in address) {
		await setRights(address.path, address);
		return address;
	}
	const taken = server.address();
	return { ...address, port: typeof taken === "object" && taken !== null ? taken.port : address.port };
}

/** Fails with `SOCKET_RIGHTS_REFUSED`. */
async function setRights(path: string, { mode, userId, groupId }: SocketRights): Promise<void> {
	try {
		// The owner first: a change of owner may clear bits of the mode.
		if (userId !== undefined || groupId !== undefined) await chown(path, userId ?? -1, groupId ?? -1);
		if (mode !== undefined) await chmod(path, mode);
	} catch (error) {
		throw new DiscoError(
			"SOCKET_RIGHTS_REFUSED",
			`unix_sockets: ${path} cannot be given its owner or mode: ${errorMessage(error)}`,
			{ cause: error },
		);
	}
}

/** What an agent that was killed has left behind. Anything but a socket stays, and listening then fails. */
async function removeStaleSocket(path: string): Promise<void> {
	const found = await stat(path).catch(() => undefined);
	if (found?.isSocket() === true) await unlink(path);
}

function listenError(error: unknown, address: HttpListenAddress): DiscoError {
	const shown = "path" in address ? address.path : `${address.host}:${address.port}`;
	const code = errorCode(error);
	if (code === "EADDRINUSE") {
		return new DiscoError(
			"ADDRESS_IN_USE",
			`HTTP address ${shown} is in use by another process; stop it, or choose another port with -http-port (ports.http)`,
			{ cause: error },
		);
	}
	const why =
		code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
			? "is none of this machine's; give one with -client (addresses.http)"
			: code === "EACCES"
				? "may not be used: ports below 1024 need root"
				: `cannot be used: ${errorMessage(error)}`;
	return new DiscoError("ADDRESS_NOT_AVAILABLE", `HTTP address ${shown} ${why}`, { cause: error });
}

async function closeAll(
	servers: readonly Listening[],
	{ clock }: HttpServerOptions,
	abortWaits: () => void,
): Promise<void> {
	const closed = servers.map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve())));
	abortWaits();
	const deadlineMs = clock.monotonicMs() + closeGraceMs;
	// A connection is idle as soon as its answer is out.
	let timer = clock.after(0, closeIdle);
	function closeIdle(): void {
		const late = clock.monotonicMs() >= deadlineMs;
		for (const part of servers.flatMap(({ server, quick }) => [server, quick])) {
			if (late) part.closeAllConnections();
			else part.closeIdleConnections();
		}
		if (!late) timer = clock.after(closePollMs, closeIdle);
	}
	await Promise.all(closed);
	timer.cancel();
	for (const { quick } of servers) quick.stop();
}

/** After the answer had time to go out: leaving ends this server too. */
function leaveSoon({ clock, leave, logger }: HttpServerOptions): void {
	clock.after(50, () => {
		leave().catch((error: unknown) => logger.error("leaving failed", { error: errorMessage(error) }));
	});
}
