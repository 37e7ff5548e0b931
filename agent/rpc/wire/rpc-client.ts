import type { Address, Clock, Connection, Network } from "../../../lib/env/index.ts";
import { firstBytes } from "./first-byte.ts";
import { type Method, RpcStream } from "./rpc.ts";
import { YamuxSession } from "./yamux.ts";

const connectTimeoutMs = 10_000;
/** Streams kept for the next call. */
const idleStreamsMax = 32;

/** Calls to one server: a yamux session, made when needed, and a stream for each call that is under way. */
export class RpcClient {
	readonly #network: Network;
	readonly #clock: Clock;
	readonly #to: Address;
	#session: Promise<YamuxSession> | undefined;
	#idle: RpcStream[] = [];
	#closed = false;

	constructor(options: { readonly network: Network; readonly clock: Clock; readonly to: Address }) {
		this.#network = options.network;
		this.#clock = options.clock;
		this.#to = options.to;
	}

	/** Fails as `RpcStream.call` and `Network.connect` do. */
	async call<Argument, Reply>(method: Method<Argument, Reply>, argument: Argument, timeoutMs: number): Promise<Reply> {
		const stream = await this.#stream();
		try {
			return await stream.call(method, argument, timeoutMs);
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
		return new RpcStream(session.open(), this.#clock);
	}

	async #openSession(): Promise<YamuxSession> {
		const present = await this.#session?.catch(() => undefined);
		if (present?.isOpen === true) return present;
		this.#idle = [];
		const connecting = this.#connect();
		this.#session = connecting;
		return connecting;
	}

	async #connect(): Promise<YamuxSession> {
		const connection: Connection = await this.#network.connect(this.#to, { timeoutMs: connectTimeoutMs });
		await connection.write(Uint8Array.of(firstBytes.yamux));
		return new YamuxSession({ connection, clock: this.#clock, side: "client" });
	}
}
