import type { Address, Clock, Connection, Network } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { Reader } from "../../lib/msgpack/index.ts";
import { Incoming } from "../../lib/stream/index.ts";
import type { Call, Response } from "./core/index.ts";
import type { RaftTransport, StateStream } from "./raft-transport.ts";
import { decodeResponse, encodeRequest } from "./wire/index.ts";

/** First byte of a connection to the server port, as in the reference. */
const raftByte = 1;
const connectTimeoutMs = 10_000;
/** Calls that wait for their answers on one connection; one more fails at once. */
const pendingMax = 512;
const responseBytesMax = 64 * 1024;
/** A snapshot may take its call's time once more for each of these. */
const snapshotBytesPerTimeout = 256 * 1024;

interface Pending {
	readonly call: Call;
	readonly resolve: (response: Response) => void;
	readonly reject: (error: DiscoError) => void;
}

/**
 * hashicorp/raft's calls over streams: on a connection the answers come in the order of the requests. Heartbeats, entries and
 * votes have a connection each, so that none waits behind the others; a snapshot has one of its own, which it closes.
 */
export class StreamTransport implements RaftTransport {
	readonly #network: Network;
	readonly #clock: Clock;
	readonly #lanes = new Map<string, Lane>();
	#closed = false;

	constructor(options: { readonly network: Network; readonly clock: Clock }) {
		this.#network = options.network;
		this.#clock = options.clock;
	}

	async call(call: Call, state?: StateStream): Promise<Response> {
		if (this.#closed) throw lost("the transport is closed");
		if (state !== undefined) {
			const lane = new Lane(this.#network, this.#clock, parseAddress(call.to.address));
			const timeoutMs = call.timeoutMs * Math.max(1, state.sizeBytes / snapshotBytesPerTimeout);
			return lane.call({ ...call, timeoutMs }, state).finally(() => lane.close(lost("the snapshot was sent")));
		}
		const key = `${call.to.address} ${laneOf(call)}`;
		let lane = this.#lanes.get(key);
		if (lane === undefined || lane.isClosed) {
			lane = new Lane(this.#network, this.#clock, parseAddress(call.to.address));
			this.#lanes.set(key, lane);
		}
		return lane.call(call);
	}

	close(): void {
		this.#closed = true;
		for (const lane of this.#lanes.values()) lane.close(lost("the server is shutting down"));
		this.#lanes.clear();
	}
}

function laneOf({ request }: Call): string {
	if (request.kind !== "append") return "votes";
	return request.entries.length === 0 && request.commitIndex === 0 ? "heartbeats" : "entries";
}

/** One connection, made when first needed. After any trouble it is closed and another takes its place. */
class Lane {
	readonly #clock: Clock;
	readonly #connection: Promise<Connection>;
	readonly #pending: Pending[] = [];
	/** Writes one after the other. */
	#writing: Promise<void> = Promise.resolve();
	isClosed = false;

	constructor(network: Network, clock: Clock, to: Address) {
		this.#clock = clock;
		this.#connection = network.connect(to, { timeoutMs: connectTimeoutMs });
		void this.#run();
	}

	call(call: Call, state?: StateStream): Promise<Response> {
		return new Promise((resolve, reject) => {
			if (this.isClosed || this.#pending.length >= pendingMax) {
				reject(lost("too many calls wait"));
				return;
			}
			const timer = this.#clock.after(call.timeoutMs, () =>
				// What comes later could not be told apart.
				this.close(new DiscoError("CALL_TIMEOUT", `${call.to.address} did not answer in time`, { retryable: true })),
			);
			this.#pending.push({
				call,
				resolve: (response) => {
					timer.cancel();
					resolve(response);
				},
				reject: (error) => {
					timer.cancel();
					reject(error);
				},
			});
			this.#writing = this.#writing.then(() => this.#write(call, state));
		});
	}

	close(error: DiscoError): void {
		if (this.isClosed) return;
		this.isClosed = true;
		for (const { reject } of this.#pending.splice(0)) reject(error);
		this.#connection.then(
			(connection) => connection.close(),
			() => undefined,
		);
	}

	async #write(call: Call, state: StateStream | undefined): Promise<void> {
		try {
			const connection = await this.#connection;
			if (this.isClosed) return;
			await connection.write(encodeRequest(call.request, state?.sizeBytes ?? 0));
			for (const piece of state?.pieces ?? []) await connection.write(piece);
		} catch (error) {
			this.close(asLost(error));
		}
	}

	async #run(): Promise<void> {
		try {
			const connection = await this.#connection;
			await connection.write(Uint8Array.of(raftByte));
			const incoming = new Incoming(connection.incoming);
			while (!this.isClosed) {
				const answered = await incoming.value((buffer, offset) => this.#parse(buffer, offset), responseBytesMax);
				if (answered === undefined) {
					this.#olderPeer();
					throw lost("the peer closed the connection");
				}
				const pending = this.#pending.shift();
				if (answered instanceof DiscoError) pending?.reject(answered);
				else pending?.resolve(answered);
			}
		} catch (error) {
			this.close(asLost(error));
		}
	}

	/** The peer's own errors are outcomes of the call; the connection goes on. */
	#parse(buffer: Uint8Array, offset: number): { readonly value: Response | DiscoError; readonly endOffset: number } {
		const next = this.#pending[0];
		if (next === undefined) throw new DiscoError("RAFT_ANSWER_UNASKED", "an answer to no question");
		const reader = new Reader(buffer, offset);
		const value = decodeResponse(next.call.request.kind, reader);
		return { value, endOffset: reader.offset };
	}

	/** A peer of the time before pre-vote closes the connection when it is asked for one: it does not object. */
	#olderPeer(): void {
		const next = this.#pending[0];
		if (next?.call.request.kind !== "pre-vote") return;
		this.#pending.shift();
		next.resolve({ term: next.call.request.term, success: true, lastIndex: 0, noRetryBackoff: false });
	}
}

function parseAddress(address: string): Address {
	const colon = address.lastIndexOf(":");
	const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
	return { host, port: Number(address.slice(colon + 1)) };
}

function lost(why: string): DiscoError {
	return new DiscoError("CONNECTION_LOST", why, { retryable: true });
}

function asLost(error: unknown): DiscoError {
	return error instanceof DiscoError ? error : lost(String(error));
}
