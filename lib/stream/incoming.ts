import { DiscoError, errorCode } from "../errors.ts";

/** Reads a byte stream whose chunks mean nothing: so many bytes, or one value of whatever a parser reads. */
export class Incoming {
	readonly #chunks: AsyncIterator<Uint8Array>;
	/** Bytes that have come and are not read yet: from `#at` on. */
	#buffer: Uint8Array = new Uint8Array();
	/** Begins as the buffer does, and may go on behind it. */
	#room: Uint8Array = this.#buffer;
	#at = 0;
	#ended = false;

	constructor(chunks: AsyncIterable<Uint8Array>) {
		this.#chunks = chunks[Symbol.asyncIterator]();
	}

	/** The next byte, or undefined at the end of the stream. */
	async byte(): Promise<number | undefined> {
		while (this.#left === 0) if (!(await this.#more())) return undefined;
		return this.#buffer[this.#at++];
	}

	/** Exactly `count` bytes; a view that is valid until the next read. Fails with `STREAM_ENDED`. */
	async bytes(count: number): Promise<Uint8Array> {
		while (this.#left < count) if (!(await this.#more())) throw ended();
		const taken = this.#buffer.subarray(this.#at, this.#at + count);
		this.#at += count;
		return taken;
	}

	/**
	 * One value: `parse` gets what has come, from an offset on, and gives the value and where it ends; when it throws
	 * `MSGPACK_TRUNCATED` it is asked again with more, up to `bytesMax` (`MESSAGE_TOO_LARGE`). Undefined when the stream ends
	 * before the value begins, `STREAM_ENDED` when it ends within.
	 */
	async value<Value>(
		parse: (buffer: Uint8Array, offset: number) => { readonly value: Value; readonly endOffset: number },
		bytesMax: number,
	): Promise<Value | undefined> {
		for (;;) {
			try {
				if (this.#left > 0) {
					const { value, endOffset } = parse(this.#buffer, this.#at);
					this.#at = endOffset;
					return value;
				}
			} catch (error) {
				if (errorCode(error) !== "MSGPACK_TRUNCATED") throw error;
			}
			if (this.#left > bytesMax)
				throw new DiscoError(
					"MESSAGE_TOO_LARGE",
					`a message is larger than ${bytesMax} bytes; the connection is closed`,
				);
			const before = this.#left;
			if (await this.#more()) continue;
			if (before === 0) return undefined;
			throw ended();
		}
	}

	/** The next `count` bytes as they come; to be read to the end. */
	async *stream(count: number): AsyncGenerator<Uint8Array> {
		for (let left = count; left > 0; ) {
			if (this.#left === 0 && !(await this.#more())) throw ended();
			const taken = this.#buffer.subarray(this.#at, this.#at + left);
			this.#at += taken.length;
			left -= taken.length;
			yield taken;
		}
	}

	/** What has come already and then the rest of the stream, for another reader. */
	async *rest(): AsyncGenerator<Uint8Array> {
		if (this.#left > 0) yield this.#buffer.slice(this.#at);
		for (;;) {
			const next = await this.#chunks.next();
			if (next.done === true) return;
			yield next.value;
		}
	}

	get #left(): number {
		return this.#buffer.length - this.#at;
	}

	async #more(): Promise<boolean> {
		if (this.#ended) return false;
		const next = await this.#chunks.next();
		if (next.done === true) {
			this.#ended = true;
			return false;
		}
		if (this.#left > 0) this.#append(next.value);
		else {
			this.#room = next.value;
			this.#buffer = next.value;
			this.#at = 0;
		}
		return true;
	}

	/** Behind what is there, with room for as much again: a long message is not copied with each chunk. What was given stays as it is. */
	#append(chunk: Uint8Array): void {
		const end = this.#buffer.length;
		const wanted = this.#left + chunk.length;
		if (end + chunk.length <= this.#room.length) {
			this.#room.set(chunk, end);
			this.#buffer = this.#room.subarray(0, end + chunk.length);
			return;
		}
		this.#room = new Uint8Array(2 * wanted);
		this.#room.set(this.#buffer.subarray(this.#at));
		this.#room.set(chunk, this.#left);
		this.#buffer = this.#room.subarray(0, wanted);
		this.#at = 0;
	}
}

function ended(): DiscoError {
	return new DiscoError("STREAM_ENDED", "the peer ended the stream within a message", { retryable: true });
}
