import type { Address, Connection } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";

/** What a stream may send before the reader grants more, and the reader holds at most. */
export const windowBytes = 256 * 1024;

/** What a stream asks of its session. */
export interface StreamSession {
	data(stream: number, bytes: Uint8Array): void;
	grant(stream: number, bytes: number): void;
	finish(stream: number): void;
	/** Both directions have ended. */
	forget(stream: number): void;
}

/** One stream of a yamux session; a `Connection` for who uses it. */
export class YamuxStream implements Connection {
	readonly id: number;
	readonly remote: Address;
	readonly #session: StreamSession;
	readonly #chunks: Uint8Array[] = [];
	#wake: () => void = () => undefined;
	#sendWindow = windowBytes;
	#whenGranted: (() => void)[] = [];
	/** What the peer may still send, and what was read of it since it was last granted more. */
	#receiveWindow = windowBytes;
	#readBytes = 0;
	#sentFin = false;
	/** Nobody reads any more: what comes is dropped. */
	#deaf = false;
	#receivedFin = false;
	#broken: DiscoError | undefined;
	#whenPeerEnds: (() => void) | undefined;

	constructor(session: StreamSession, id: number, remote: Address) {
		this.#session = session;
		this.id = id;
		this.remote = remote;
	}

	get incoming(): AsyncIterable<Uint8Array> {
		return this.#read();
	}

	/** The next chunk that has come, without waiting; undefined when there is none. */
	take(): Uint8Array | undefined {
		const chunk = this.#chunks.shift();
		if (chunk !== undefined) this.#consumed(chunk.length);
		return chunk;
	}

	/** Why nothing more will come after what has: the peer has ended its direction, the stream has broken or was closed. */
	get ending(): DiscoError | undefined {
		if (this.#broken !== undefined) return this.#broken;
		return this.#receivedFin || this.#deaf ? peerEnded() : undefined;
	}

	/** Calls the listener (the last one given; instead of `incoming`) whenever something has come, or nothing will any more. */
	onReadable(listener: () => void): void {
		this.#wake = listener;
	}

	/** Resolves when the peer's window had room for all of it. */
	async write(bytes: Uint8Array): Promise<void> {
		for (let at = 0; at < bytes.length; ) {
			this.#assertOpen();
			const size = Math.min(bytes.length - at, this.#sendWindow);
			if (size === 0) {
				await new Promise<void>((resolve) => this.#whenGranted.push(resolve));
				continue;
			}
			this.#sendWindow -= size;
			this.#session.data(this.id, bytes.subarray(at, at + size));
			at += size;
		}
		this.#assertOpen();
	}

	/** Calls the listener (the last one given) once when the peer has ended its direction, or the stream has broken. */
	onPeerEnd(listener: () => void): void {
		if (this.#receivedFin || this.#broken !== undefined) listener();
		else this.#whenPeerEnds = listener;
	}

	/** No more is sent; what the peer still sends is dropped. */
	async close(): Promise<void> {
		this.closeWrite();
		this.#deaf = true;
		for (const { length } of this.#chunks.splice(0)) this.#consumed(length);
		this.#wake();
	}

	/** Half close: reading goes on. */
	closeWrite(): void {
		if (this.#sentFin || this.#broken !== undefined) return;
		this.#sentFin = true;
		this.#session.finish(this.id);
		if (this.#receivedFin) this.#session.forget(this.id);
	}

	/** From the session. Fails with `YAMUX_INVALID` when the peer sends more than it may. */
	received(bytes: Uint8Array): void {
		this.#receiveWindow -= bytes.length;
		if (this.#receiveWindow < 0) throw new DiscoError("YAMUX_INVALID", `stream ${this.id} sends beyond its window`);
		if (this.#deaf) this.#consumed(bytes.length);
		else this.#chunks.push(bytes);
		this.#wake();
	}

	granted(bytes: number): void {
		this.#sendWindow += bytes;
		for (const resume of this.#whenGranted.splice(0)) resume();
	}

	finished(): void {
		this.#receivedFin = true;
		this.#wake();
		this.#peerEnded();
		if (this.#sentFin) this.#session.forget(this.id);
	}

	broke(error: DiscoError): void {
		this.#broken ??= error;
		this.#wake();
		this.#peerEnded();
		for (const resume of this.#whenGranted.splice(0)) resume();
	}

	#peerEnded(): void {
		const listener = this.#whenPeerEnds;
		this.#whenPeerEnds = undefined;
		listener?.();
	}

	async *#read(): AsyncGenerator<Uint8Array> {
		for (;;) {
			const chunk = this.take();
			if (chunk !== undefined) {
				yield chunk;
				continue;
			}
			if (this.#broken !== undefined) throw this.#broken;
			if (this.#receivedFin || this.#deaf) return;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	/** The window is given back when half of it was read, as the reference does. */
	#consumed(bytes: number): void {
		this.#readBytes += bytes;
		if (this.#readBytes < windowBytes / 2 || this.#receivedFin) return;
		this.#receiveWindow += this.#readBytes;
		this.#session.grant(this.id, this.#readBytes);
		this.#readBytes = 0;
	}

	#assertOpen(): void {
		if (this.#broken !== undefined) throw this.#broken;
		if (this.#sentFin) throw new DiscoError("CONNECTION_LOST", "the stream is closed", { retryable: true });
	}
}

function peerEnded(): DiscoError {
	return new DiscoError("CONNECTION_LOST", "the peer ended the stream", { retryable: true });
}
