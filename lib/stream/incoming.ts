import { DiscoError } from "../errors.ts";
import { type Parse, Received } from "./received.ts";

/** Reads a byte stream whose chunks mean nothing: so many bytes, or one value of whatever a parser reads. */
export class Incoming {
	readonly #chunks: AsyncIterator<Uint8Array>;
	readonly #received = new Received();
	#ended = false;

	constructor(chunks: AsyncIterable<Uint8Array>) {
		this.#chunks = chunks[Symbol.asyncIterator]();
	}

	/** The next byte, or undefined at the end of the stream. */
	async byte(): Promise<number | undefined> {
		while (this.#received.sizeBytes === 0) if (!(await this.#more())) return undefined;
		return this.#received.take(1)[0];
	}

	/** Exactly `count` bytes; a view that is valid until the next read. Fails with `STREAM_ENDED`. */
	async bytes(count: number): Promise<Uint8Array> {
		while (this.#received.sizeBytes < count) if (!(await this.#more())) throw ended();
		return this.#received.take(count);
	}

	/**
	 * One value; when more must come `parse` is asked again with more, up to `bytesMax` (`MESSAGE_TOO_LARGE`). Undefined when the
	 * stream ends before the value begins, `STREAM_ENDED` when it ends within.
	 */
	async value<Value>(parse: Parse<Value>, bytesMax: number): Promise<Value | undefined> {
		for (;;) {
			const found = this.#received.value(parse, bytesMax);
			if (found !== undefined) return found.value;
			const before = this.#received.sizeBytes;
			if (await this.#more()) continue;
			if (before === 0) return undefined;
			throw ended();
		}
	}

	/** The next `count` bytes as they come; to be read to the end. */
	async *stream(count: number): AsyncGenerator<Uint8Array> {
		for (let left = count; left > 0; ) {
			if (this.#received.sizeBytes === 0 && !(await this.#more())) throw ended();
			const taken = this.#received.take(left);
			left -= taken.length;
			yield taken;
		}
	}

	/** What has come already and then the rest of the stream, for another reader. */
	async *rest(): AsyncGenerator<Uint8Array> {
		const { sizeBytes } = this.#received;
		if (sizeBytes > 0) yield this.#received.take(sizeBytes).slice();
		for (;;) {
			const next = await this.#chunks.next();
			if (next.done === true) return;
			yield next.value;
		}
	}

	async #more(): Promise<boolean> {
		if (this.#ended) return false;
		const next = await this.#chunks.next();
		if (next.done === true) {
			this.#ended = true;
			return false;
		}
		this.#received.push(next.value);
		return true;
	}
}

function ended(): DiscoError {
	return new DiscoError("STREAM_ENDED", "the peer ended the stream within a message", { retryable: true });
}
