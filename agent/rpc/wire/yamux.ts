import type { Clock, Connection, Timer } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { FrameReader } from "./frame-reader.ts";
import { encodeFrame, type FrameHeader, flags } from "./yamux-frame.ts";
import { windowBytes, YamuxStream } from "./yamux-stream.ts";

const pingEveryMs = 30_000;
const pingTimeoutMs = 10_000;
/** Who called and hears nothing at all for so long sends a ping. */
const silenceMs = 1_000;
/** It gives up after so many times `silenceMs` more: as long as Raft goes on without hearing from a server (by default). */
const probeParts = 5;
/** Streams that the peer may open and nobody has closed; one more is reset. */
const streamsMax = 16_384;
const closedByUs = () => new DiscoError("CONNECTION_LOST", "the session was closed", { retryable: true });

/**
 * Many streams over one connection (HashiCorp's yamux, version 0): windows of 256 KiB each way, pings each 30 s, after 10 s
 * without an answer the session is given up. A client does not wait that long for an answer from a server whose packets are lost:
 * when nothing has come for a second since it sent something, it pings at once and waits for 5 s.
 */
export class YamuxSession {
	readonly #connection: Connection;
	readonly #clock: Clock;
	readonly #onStream: (stream: YamuxStream) => void;
	readonly #onEnd: () => void;
	readonly #streams = new Map<number, YamuxStream>();
	#nextId: number;
	/** What leaves in one write, at the end of this turn or when what is being written is. */
	#outbox: Uint8Array[] = [];
	#flushTimer: Timer | undefined;
	#isWriting = false;
	#pinged: { readonly value: number; readonly timer: Timer } | undefined;
	#pingTimer: Timer | undefined;
	#pings = 0;
	readonly #expectsAnswers: boolean;
	/** Runs while something was sent and what came back, if anything, came before it. */
	#silence: Timer | undefined;
	#heard = false;
	#sentSinceHeard = false;
	#peerGoesAway = false;
	#ended: DiscoError | undefined;

	/** `onStream`: one that the peer has opened. */
	constructor(options: {
		readonly connection: Connection;
		readonly clock: Clock;
		readonly side: "client" | "server";
		readonly onStream?: (stream: YamuxStream) => void;
		readonly onEnd?: () => void;
	}) {
		this.#connection = options.connection;
		this.#clock = options.clock;
		this.#onStream = options.onStream ?? ((stream) => void stream.close());
		this.#onEnd = options.onEnd ?? (() => undefined);
		this.#nextId = options.side === "client" ? 1 : 2;
		this.#expectsAnswers = options.side === "client";
		this.#schedulePing();
		void this.#run();
	}

	get isOpen(): boolean {
		return this.#ended === undefined && !this.#peerGoesAway;
	}

	get streamCount(): number {
		return this.#streams.size;
	}

	/** Fails with `CONNECTION_LOST` when the session is over, or the peer takes no more streams. */
	open(): YamuxStream {
		if (!this.isOpen) throw this.#ended ?? closedByUs();
		const id = this.#nextId;
		this.#nextId += 2;
		const stream = this.#addStream(id);
		this.#send({ type: "window", flags: flags.syn, stream: id, length: 0 });
		return stream;
	}

	/** Says so to the peer and ends all streams. Idempotent. */
	async close(): Promise<void> {
		if (this.#ended !== undefined) return;
		this.#send({ type: "go-away", flags: 0, stream: 0, length: 0 });
		await this.#flush();
		this.#end(closedByUs());
	}

	#addStream(id: number): YamuxStream {
		const stream = new YamuxStream(
			{
				data: (to, bytes) => this.#send({ type: "data", flags: 0, stream: to, length: bytes.length }, bytes),
				grant: (to, length) => this.#send({ type: "window", flags: 0, stream: to, length }),
				finish: (to) => this.#send({ type: "window", flags: flags.fin, stream: to, length: 0 }),
				forget: (to) => void this.#streams.delete(to),
			},
			id,
			this.#connection.remote,
		);
		this.#streams.set(id, stream);
		return stream;
	}

	/**
	 * Frames leave in their order. Those of one turn of the event loop, and those that come while others are being written, leave
	 * together: under load a write carries what many callers want.
	 */
	#send(header: FrameHeader, body?: Uint8Array): void {
		if (this.#ended !== undefined) return;
		if (this.#expectsAnswers && body !== undefined) this.#expectAnswer();
		this.#outbox.push(encodeFrame(header));
		if (body !== undefined) this.#outbox.push(body);
		if (!this.#isWriting) this.#flushTimer ??= this.#clock.after(0, () => void this.#flush());
	}

	/** Never throws: what goes wrong ends the session. */
	async #flush(): Promise<void> {
		this.#flushTimer?.cancel();
		this.#flushTimer = undefined;
		if (this.#isWriting) return;
		this.#isWriting = true;
		try {
			while (this.#outbox.length > 0 && this.#ended === undefined) {
				const parts = this.#outbox;
				this.#outbox = [];
				await this.#connection.write(joined(parts));
			}
		} catch (error) {
			this.#end(asLost(error));
		}
		this.#isWriting = false;
	}

	async #run(): Promise<void> {
		const frames = new FrameReader({
			onHeader: (header) => this.#begun(header),
			onBody: ({ stream }, part) => this.#streams.get(stream)?.received(part),
			onEnd: (header) => this.#received(header),
		});
		try {
			const chunks = this.#connection.incoming[Symbol.asyncIterator]();
			while (this.#ended === undefined) {
				const next = await chunks.next();
				if (next.done === true)
					throw new DiscoError("CONNECTION_LOST", "the peer closed the connection", { retryable: true });
				this.#heard = true;
				this.#sentSinceHeard = false;
				frames.push(next.value);
			}
		} catch (error) {
			this.#end(asLost(error));
		}
	}

	/** Gives how many bytes of data follow. */
	#begun({ type, flags: set, stream, length }: FrameHeader): number {
		if (type === "data" && length > windowBytes)
			throw new DiscoError("YAMUX_INVALID", `a frame of ${length} bytes is larger than any window`);
		if ((type === "data" || type === "window") && (set & flags.syn) !== 0) this.#accept(stream);
		return type === "data" ? length : 0;
	}

	#received(header: FrameHeader): void {
		if (header.type === "ping") this.#receivePing(header);
		else if (header.type === "go-away") this.#peerGoesAway = true;
		else this.#receiveOnStream(header);
	}

	#receivePing({ flags: set, length }: FrameHeader): void {
		if ((set & flags.syn) !== 0) {
			this.#send({ type: "ping", flags: flags.ack, stream: 0, length });
			return;
		}
		if (this.#pinged?.value !== length) return;
		this.#pinged.timer.cancel();
		this.#pinged = undefined;
	}

	#receiveOnStream({ type, flags: set, stream: id, length }: FrameHeader): void {
		const stream = this.#streams.get(id);
		// Frames of a stream that is gone may still be on their way.
		if (stream === undefined) return;
		if (type === "window" && length > 0) stream.granted(length);
		if ((set & flags.fin) !== 0) stream.finished();
		if ((set & flags.rst) === 0) return;
		this.#streams.delete(id);
		stream.broke(new DiscoError("CONNECTION_LOST", "the peer reset the stream", { retryable: true }));
	}

	#accept(id: number): void {
		if (this.#ended !== undefined) return;
		const ours = id % 2 === this.#nextId % 2;
		if (ours || this.#streams.has(id))
			throw new DiscoError("YAMUX_INVALID", `stream ${id} cannot be opened by the peer`);
		if (this.#streams.size >= streamsMax) {
			this.#send({ type: "window", flags: flags.rst, stream: id, length: 0 });
			return;
		}
		const stream = this.#addStream(id);
		this.#send({ type: "window", flags: flags.ack, stream: id, length: 0 });
		this.#onStream(stream);
	}

	#expectAnswer(): void {
		this.#sentSinceHeard = true;
		if (this.#silence === undefined) this.#watchSilence();
	}

	#watchSilence(): void {
		this.#heard = false;
		this.#silence = this.#clock.after(silenceMs, () => {
			this.#silence = undefined;
			if (!this.#heard) this.#probe();
			else if (this.#sentSinceHeard) this.#watchSilence();
		});
	}

	/**
	 * Whatever comes proves that the peer is there. The time is counted in parts: when it was this process that stood still, what has
	 * come meanwhile is read before the next part is over.
	 */
	#probe(partsLeft = probeParts): void {
		if (partsLeft === probeParts) this.#send({ type: "ping", flags: flags.syn, stream: 0, length: this.#pings++ });
		this.#silence = this.#clock.after(silenceMs, () => {
			this.#silence = undefined;
			if (this.#heard && this.#sentSinceHeard) this.#watchSilence();
			if (this.#heard) return;
			if (partsLeft > 1) this.#probe(partsLeft - 1);
			else this.#end(new DiscoError("CONNECTION_LOST", "the peer has fallen silent", { retryable: true }));
		});
	}

	#schedulePing(): void {
		this.#pingTimer = this.#clock.after(pingEveryMs, () => {
			const value = this.#pings++;
			const timer = this.#clock.after(pingTimeoutMs, () =>
				this.#end(new DiscoError("CONNECTION_LOST", "the peer does not answer pings", { retryable: true })),
			);
			this.#pinged = { value, timer };
			this.#send({ type: "ping", flags: flags.syn, stream: 0, length: value });
			this.#schedulePing();
		});
	}

	#end(error: DiscoError): void {
		if (this.#ended !== undefined) return;
		this.#ended = error;
		this.#pingTimer?.cancel();
		this.#flushTimer?.cancel();
		this.#pinged?.timer.cancel();
		this.#silence?.cancel();
		for (const stream of this.#streams.values()) stream.broke(error);
		this.#streams.clear();
		void this.#connection.close();
		this.#onEnd();
	}
}

function asLost(error: unknown): DiscoError {
	return error instanceof DiscoError
		? error
		: new DiscoError("CONNECTION_LOST", errorMessage(error), { retryable: true });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	const [first] = parts;
	if (first !== undefined && parts.length === 1) return first;
	const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
