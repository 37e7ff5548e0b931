import { connect, createServer, type Server, type Socket } from "node:net";
import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";
import type { Balancer, Target } from "./balancer.ts";

export interface ProxyOptions {
	readonly listen: { readonly host: string; readonly port: number };
	readonly balancer: Balancer;
	/** More at once are closed as they come. */
	readonly connectionsMax: number;
	/** For one attempt to reach an instance. */
	readonly connectTimeoutMs: number;
	/** Hears why a connection got no instance. */
	readonly onRefused: (reason: string) => void;
}

/** A TCP port before a service. */
export interface PortProxy {
	readonly port: number;
	/** Open connections. */
	readonly count: number;
	/** Takes no more connections; those that are open may go on for `graceMs` or until `hurry`, then they are cut. Idempotent. */
	close(graceMs: number, hurry?: AbortSignal): Promise<void>;
}

/** An instance that does not answer is replaced by another so many times. */
const attemptsMax = 3;
/**
 * What is read ahead of a slow reader, per direction: reading stops when so much waits to be written (Node's streams; a chunk of up to
 * 64 KiB may come on top). The rest waits in the sender.
 */
const bufferedBytesMax = 64 * 1024;

/** Listens. Error: `LISTEN_FAILED`. */
export async function startProxy(options: ProxyOptions): Promise<PortProxy> {
	const open = new Set<Socket>();
	const server = createServer(
		// Nothing is read from the client before there is somebody to give it to; an end in one direction is no end in the other.
		{ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true, highWaterMark: bufferedBytesMax },
		(client) => {
			client.on("error", () => client.destroy());
			if (open.size >= options.connectionsMax) {
				client.resetAndDestroy();
				options.onRefused(`there are ${options.connectionsMax} connections already`);
				return;
			}
			open.add(client);
			client.on("close", () => open.delete(client));
			void serve(client, options);
		},
	);
	const port = await listen(server, options.listen);
	let closing: Promise<void> | undefined;
	return {
		port,
		get count() {
			return open.size;
		},
		close(graceMs, hurry) {
			closing ??= new Promise((resolve) => {
				const cut = () => {
					for (const socket of open) socket.destroy();
				};
				const late = setTimeout(cut, graceMs);
				hurry?.addEventListener("abort", cut, { once: true });
				server.close(() => {
					clearTimeout(late);
					hurry?.removeEventListener("abort", cut);
					resolve();
				});
			});
			return closing;
		},
	};
}

async function serve(client: Socket, options: ProxyOptions): Promise<void> {
	const { balancer, connectTimeoutMs, onRefused } = options;
	const tried = new Set<string>();
	let reason = "no instance is healthy";
	while (tried.size < attemptsMax && !client.destroyed) {
		const target = balancer.choose(tried);
		if (target === undefined) break;
		tried.add(target.id);
		// Counted from now on: others that come at this moment must see it.
		balancer.opened(target.id);
		try {
			const upstream = await reach(target, connectTimeoutMs);
			upstream.on("close", () => balancer.closed(target.id));
			join(client, upstream);
			return;
		} catch (error) {
			balancer.closed(target.id);
			balancer.failed(target.id);
			reason = `${target.id} (${target.host}:${target.port}) cannot be reached: ${errorMessage(error)}`;
		}
	}
	if (client.destroyed) return;
	client.resetAndDestroy();
	onRefused(reason);
}

function reach({ host, port }: Target, timeoutMs: number): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
		const late = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
		socket.once("connect", () => {
			clearTimeout(late);
			socket.off("error", reject);
			resolve(socket);
		});
		socket.once("error", (error) => {
			clearTimeout(late);
			reject(error);
		});
	});
}

/** Bytes go both ways until both sides have ended; an error of one cuts the other. */
function join(client: Socket, upstream: Socket): void {
	for (const [from, to] of [
		[client, upstream],
		[upstream, client],
	] as const) {
		from.on("error", () => to.resetAndDestroy());
		from.on("close", () => {
			// Ended in order both ways: what it wrote last may still be on its way to the other.
			if (!(from.readableEnded && from.writableFinished)) to.destroy();
		});
	}
	if (client.destroyed) {
		upstream.destroy();
		return;
	}
	client.pipe(upstream);
	upstream.pipe(client);
}

function listen(server: Server, { host, port }: ProxyOptions["listen"]): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", (error) => {
			const reason = errorCode(error) === "EADDRINUSE" ? "something else listens there" : errorMessage(error);
			reject(new DiscoError("LISTEN_FAILED", `cannot listen on ${host}:${port}: ${reason}`, { cause: error }));
		});
		server.listen(port, host, () => {
			const address = server.address();
			resolve(typeof address === "object" && address !== null ? address.port : port);
		});
	});
}
