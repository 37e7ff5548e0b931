import type { Server } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { Clock, Timer } from "../../lib/env/index.ts";
import { QuickConnection, type QuickParts } from "./quick-connection.ts";

/** How often connections are looked through for those on which nothing moves. */
const turnMs = 5_000;

interface QuickLimits {
	/** Until the first request. */
	readonly headersTimeoutMs: number;
	/** Between two requests. */
	readonly keepAliveTimeoutMs: number;
	/** While a request is answered. */
	readonly idleTimeoutMs: number;
}

export interface QuickServer {
	/** Cuts the connections without a request. */
	closeIdleConnections(): void;
	closeAllConnections(): void;
	/** Nothing is looked through any more. */
	stop(): void;
}

/**
 * Puts quick connections before a server of node:http: it listens, counts and closes as before, but a connection reaches it only
 * with its first request that is not quick. `take` answers a request or gives false.
 */
export function putQuickBefore(
	server: Server,
	take: QuickParts["take"],
	{ clock, limits }: { readonly clock: Clock; readonly limits: QuickLimits },
): QuickServer {
	// Of an HTTPS server node:http sees a connection when its keys are agreed on.
	const ready = server instanceof TlsServer ? "secureConnection" : "connection";
	const general = server.listeners(ready) as ((this: Server, socket: Socket) => void)[];
	server.removeAllListeners(ready);
	const connections = new Set<QuickConnection>();
	let headEnd = "";
	let headEndSecond = 0;
	const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(limits.keepAliveTimeoutMs / 1000)}\r\n\r\n`;
	const parts: QuickParts = {
		take,
		handOver(connection, socket) {
			connections.delete(connection);
			for (const accept of general) accept.call(server, socket);
		},
		headEnd() {
			const nowMs = clock.nowMs();
			const second = Math.floor(nowMs / 1000);
			if (second !== headEndSecond) {
				headEndSecond = second;
				headEnd = `Date: ${new Date(nowMs).toUTCString()}\r\n${keepAlive}`;
			}
			return headEnd;
		},
		gone: (connection) => connections.delete(connection),
	};
	server.on(ready, (socket: Socket) => connections.add(new QuickConnection(socket, parts)));

	const turns = (ms: number) => Math.ceil(ms / turnMs);
	let timer: Timer = clock.after(turnMs, lookThrough);
	function lookThrough(): void {
		for (const connection of connections) {
			const unmoved = connection.stillTurns++;
			if (connection.isBusy) {
				if (unmoved > turns(limits.idleTimeoutMs)) connection.destroy();
			} else if (connection.isUsed) {
				if (unmoved > turns(limits.keepAliveTimeoutMs)) connection.destroy();
			} else if (unmoved > turns(limits.headersTimeoutMs)) {
				connection.refuse("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
			}
		}
		timer = clock.after(turnMs, lookThrough);
	}

	return {
		closeIdleConnections() {
			for (const connection of connections) if (connection.isIdle) connection.destroy();
		},
		closeAllConnections() {
			for (const connection of connections) connection.destroy();
		},
		stop: () => timer.cancel(),
	};
}
