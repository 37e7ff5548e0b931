import type { Address, Clock, Connection, Network } from "../../../lib/env/index.ts";
import { createDeadlines, type Deadlines } from "../deadlines.ts";
import { firstBytes } from "./first-byte.ts";
import type { CalledMethod } from "./rpc.ts";
import { type CallOptions, RpcStream } from "./rpc-stream.ts";
import { YamuxSession } from "./yamux.ts";

const connectTimeoutMsDefault = 10_000;
/** Streams kept for the next call. */
const idleStreamsMax = 32;

/** Calls to one server: a yamux session, made when needed, and a stream for each call that is under way. */
export class RpcClient {
	readonly #network: Network;
	readonly #clock: Clock;
	readonly #connectTimeoutMs: number;
	readonly #deadlines: Deadlines;
	readonly #to: Address;
	#session: Promise<YamuxSession> | undefined;
	#idle: RpcStream[] = [];
	#closed = false;

	constructor(options: {
		readonly network: Network;
		readonly clock: Clock;
		readonly to: Address;
		/** For several clients to share. */
		readonly deadlines?: Deadlines;
		readonly connectTimeoutMs?: number;
	}) {
		this.#connectTimeoutMs = options.connectTimeoutMs ?? connectTimeoutMsDefault;
		this.#network = options.network;
		this.#clock = options.clock;
		this.#deadlines = options.deadlines ?? createDeadlines(options.clock);
		this.#to = options.to;
	}

	/** Fails as `RpcStream.call` and `Network.connect` do. */
	async call<Argument, Reply>(
		method: CalledMethod<Argument, Reply>,
		argument: Argument,
		options: CallOptions,
	): Promise<Reply> {
		const stream = await this.#stream();
		try {
			return await stream.call(method, argument, options);
		} finally {
			if (stream.isUsable && !this.#closed && this.#idle.length < idleStreamsMax) this.#idle.push(stream);
			else void stream.close();
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		this.#idle = [];
		const session = await this.#session?.catch(() => undefined);
		await session?.close();
	}

	async #stream(): Promise<RpcStream> {
		const session = await this.#openSession();
		for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (idle.isUsable) return idle;
		return new RpcStream(session.open(), this.#deadlines);
	}

	async #openSession(): Promise<YamuxSession> {
		for (;;) {
			const opening = this.#session;
			const session = await opening?.catch(() => undefined);
			if (session?.isOpen === true) return session;
			// Another call may have begun anew meanwhile.
			if (opening !== this.#session) continue;
			this.#idle = [];
			this.#session = this.#connect();
			return this.#session;
		}
	}

	async #connect(): Promise<YamuxSession> {
		const connection: Connection = await this.#network.connect(this.#to, { timeoutMs: this.#connectTimeoutMs });
		await connection.write(Uint8Array.of(firstBytes.yamux));
		return new YamuxSession({ connection, clock: this.#clock, side: "client" });
	}
}
