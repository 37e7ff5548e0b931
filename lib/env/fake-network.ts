import { DiscoError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import type { Address, Connection, DatagramSocket, Listener, Network } from "./network.ts";

/** What the weather between two hosts is; asked anew for each packet. */
export interface Weather {
	/** For each copy that arrives, after how many milliseconds; none when the packet is lost. */
	datagram(from: string, to: string): readonly number[];
	/** How long a stream's chunk takes; undefined while nothing gets through. */
	stream(from: string, to: string): number | undefined;
}

/** Everything arrives at once, in order. */
const fairWeather: Weather = { datagram: () => [0], stream: () => 0 };

/** How long a chunk that does not get through is held before it is tried again. */
const streamRetryMs = 200;
/** Unread bytes a connection takes before `write` waits. */
const bufferedBytesMax = 64 * 1024;
const ephemeralPortMin = 49_152;

interface Host {
	readonly datagramSockets: Map<number, (packet: Uint8Array, from: Address) => void>;
	readonly listeners: Map<number, (connection: Connection) => void>;
	readonly connections: Set<Pipe>;
	nextPort: number;
}

/** A network in memory between hosts named by their addresses; all delays come from the clock, all chance from the weather. */
export class FakeNetwork {
	readonly #clock: Clock;
	readonly #weather: Weather;
	readonly #hosts = new Map<string, Host>();

	constructor(options: { readonly clock: Clock; readonly weather?: Weather }) {
		this.#clock = options.clock;
		this.#weather = options.weather ?? fairWeather;
	}

	/** The network as the host sees it, which has these addresses (the first is what it sends from). */
	host(...addresses: readonly [string, ...string[]]): Network {
		const host: Host = {
			datagramSockets: new Map(),
			listeners: new Map(),
			connections: new Set(),
			nextPort: ephemeralPortMin,
		};
		for (const address of addresses) this.#hosts.set(address, host);
		return {
			bindDatagram: async (local, onPacket) => this.#bindDatagram(host, addresses, local, onPacket),
			listen: async (local, onConnection) => this.#listen(host, addresses, local, onConnection),
			connect: (to, { timeoutMs }) => this.#connect(host, addresses[0], to, timeoutMs),
		};
	}

	/** The host loses its sockets at once; peers see their connections break. */
	crash(address: string): void {
		const host = this.#hosts.get(address);
		host?.datagramSockets.clear();
		host?.listeners.clear();
		for (const pipe of [...(host?.connections ?? [])]) pipe.break();
		host?.connections.clear();
	}

	#bindDatagram(
		host: Host,
		addresses: readonly string[],
		wanted: Address,
		onPacket: (packet: Uint8Array, from: Address) => void,
	): DatagramSocket {
		const local = take(host, host.datagramSockets, addresses, wanted);
		host.datagramSockets.set(local.port, onPacket);
		const isOpen = () => host.datagramSockets.get(local.port) === onPacket;
		return {
			local,
			send: (packet, to) => {
				if (!isOpen()) return;
				for (const delayMs of this.#weather.datagram(local.host, to.host)) {
					const copy = packet.slice();
					this.#clock.after(delayMs, () => this.#hosts.get(to.host)?.datagramSockets.get(to.port)?.(copy, local));
				}
			},
			close: async () => {
				if (isOpen()) host.datagramSockets.delete(local.port);
			},
		};
	}

	#listen(
		host: Host,
		addresses: readonly string[],
		wanted: Address,
		onConnection: (connection: Connection) => void,
	): Listener {
		const local = take(host, host.listeners, addresses, wanted);
		host.listeners.set(local.port, onConnection);
		return {
			local,
			close: async () => {
				if (host.listeners.get(local.port) === onConnection) host.listeners.delete(local.port);
			},
		};
	}

	#connect(host: Host, from: string, to: Address, timeoutMs: number): Promise<Connection> {
		return new Promise((resolve, reject) => {
			const timeout = this.#clock.after(timeoutMs, () => reject(connectTimeout(to, timeoutMs)));
			const attempt = () => {
				const delayMs = this.#weather.stream(from, to.host);
				const peer = this.#hosts.get(to.host);
				if (delayMs === undefined || peer === undefined) return;
				this.#clock.after(delayMs, () => {
					timeout.cancel();
					const accept = peer.listeners.get(to.port);
					if (accept === undefined) return reject(connectionRefused(to));
					const [near, far] = this.#pair(host, peer, { host: from, port: host.nextPort++ }, to);
					accept(far);
					resolve(near);
				});
			};
			attempt();
		});
	}

	#pair(host: Host, peer: Host, local: Address, remote: Address): readonly [Connection, Connection] {
		const delay = (from: string, to: string) => () => this.#weather.stream(from, to);
		const there = new Pipe(this.#clock, delay(local.host, remote.host));
		const back = new Pipe(this.#clock, delay(remote.host, local.host));
		for (const pipe of [there, back]) {
			host.connections.add(pipe);
			peer.connections.add(pipe);
			pipe.onDone = () => {
				host.connections.delete(pipe);
				peer.connections.delete(pipe);
			};
		}
		return [connection(remote, there, back), connection(local, back, there)];
	}
}

function connection(remote: Address, outgoing: Pipe, incoming: Pipe): Connection {
	return {
		remote,
		write: (bytes) => outgoing.write(bytes),
		incoming: incoming.chunks(),
		close: async () => {
			outgoing.end();
			incoming.end();
		},
	};
}

/** One direction of a connection. */
class Pipe {
	readonly #clock: Clock;
	readonly #delayMs: () => number | undefined;
	/** On the way, in order; null is the end. */
	readonly #travelling: (Uint8Array | null)[] = [];
	readonly #arrived: (Uint8Array | null)[] = [];
	#unreadBytes = 0;
	#moving = false;
	#ended = false;
	#broken = false;
	#onArrival: () => void = () => undefined;
	#onDrain: (() => void)[] = [];
	/** Called when its end has arrived: nothing can break any more. */
	onDone: () => void = () => undefined;

	constructor(clock: Clock, delayMs: () => number | undefined) {
		this.#clock = clock;
		this.#delayMs = delayMs;
	}

	async write(bytes: Uint8Array): Promise<void> {
		if (this.#broken || this.#ended) throw connectionLost();
		this.#unreadBytes += bytes.length;
		this.#travelling.push(bytes.slice());
		this.#move();
		if (this.#unreadBytes > bufferedBytesMax) await new Promise<void>((resolve) => this.#onDrain.push(resolve));
		if (this.#broken) throw connectionLost();
	}

	end(): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#travelling.push(null);
		this.#move();
		this.#drain();
	}

	break(): void {
		this.#broken = true;
		this.#onArrival();
		this.#drain();
	}

	async *chunks(): AsyncGenerator<Uint8Array> {
		for (;;) {
			const chunk = this.#arrived.shift();
			if (chunk === null) return;
			if (chunk !== undefined) {
				this.#unreadBytes -= chunk.length;
				if (this.#unreadBytes <= bufferedBytesMax) this.#drain();
				yield chunk;
				continue;
			}
			if (this.#broken) throw connectionLost();
			await new Promise<void>((resolve) => {
				this.#onArrival = resolve;
			});
		}
	}

	#drain(): void {
		for (const resume of this.#onDrain.splice(0)) resume();
	}

	/** One chunk after the other, so that order is kept; what does not get through is tried again. */
	#move(): void {
		if (this.#moving || this.#travelling.length === 0 || this.#broken) return;
		this.#moving = true;
		const delayMs = this.#delayMs();
		this.#clock.after(delayMs ?? streamRetryMs, () => {
			this.#moving = false;
			if (delayMs !== undefined && !this.#broken) {
				const chunk = this.#travelling.shift() ?? null;
				this.#arrived.push(chunk);
				this.#onArrival();
				if (chunk === null) this.onDone();
			}
			this.#move();
		});
	}
}

function take(host: Host, taken: Map<number, unknown>, addresses: readonly string[], wanted: Address): Address {
	if (!addresses.includes(wanted.host)) {
		const text = `${wanted.host}:${wanted.port}`;
		throw new DiscoError("ADDRESS_NOT_AVAILABLE", `cannot listen on ${text}: this host has ${addresses.join(", ")}`);
	}
	const port = wanted.port === 0 ? host.nextPort++ : wanted.port;
	if (taken.has(port)) throw new DiscoError("ADDRESS_IN_USE", `cannot listen on ${wanted.host}:${port}: it is in use`);
	return { host: wanted.host, port };
}

function connectTimeout({ host, port }: Address, timeoutMs: number): DiscoError {
	return new DiscoError("CONNECT_TIMEOUT", `${host}:${port} did not answer within ${timeoutMs} ms`, {
		retryable: true,
	});
}

function connectionRefused({ host, port }: Address): DiscoError {
	return new DiscoError("CONNECTION_REFUSED", `${host}:${port} refused the connection: nothing listens there`, {
		retryable: true,
	});
}

function connectionLost(): DiscoError {
	return new DiscoError("CONNECTION_LOST", "the connection broke", { retryable: true });
}
