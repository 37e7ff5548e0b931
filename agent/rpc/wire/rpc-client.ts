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
	#open: YamuxSession | undefined;
	#opening: Promise<YamuxSession> | undefined;
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
		const session = this.#open?.isOpen === true ? this.#open : await this.#openSession();
		const stream = this.#streamOf(session);
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
		// Who asked for the connection is told why it could not be opened.
		await this.#opening?.catch(() => undefined);
		await this.#open?.close();
	}

	#streamOf(session: YamuxSession): RpcStream {
		for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (idle.isUsable) return idle;
		return new RpcStream(session.open(), this.#deadlines);
	}

	/** For all that call meanwhile. */
	#openSession(): Promise<YamuxSession> {
		this.#opening ??= this.#connect().finally(() => {
			this.#opening = undefined;
		});
		return this.#opening;
	}

	async #connect(): Promise<YamuxSession> {
		const connection: Connection = await this.#network.connect(this.#to, { timeoutMs: this.#connectTimeoutMs });
		await connection.write(Uint8Array.of(firstBytes.yamux));
		const session = new YamuxSession({ connection, clock: this.#clock, side: "client" });
		this.#idle = [];
		this.#open = session;
		return session;
	}
}
