import { DiscoError } from "../../../lib/errors.ts";
import { type Parse, Received } from "../../../lib/stream/index.ts";

/** The largest request or answer: a list of keys may be long. */
const messageBytesMax = 64 * 1024 * 1024;

/** Where messages come from, chunk by chunk; a `YamuxStream` is one. */
export interface MessageSource {
	/** The next chunk that has come, without waiting; undefined when there is none. */
	take(): Uint8Array | undefined;
	/** Why nothing more will come after what has. */
	readonly ending: DiscoError | undefined;
	/** Calls the listener whenever something has come, or nothing will any more. */
	onReadable(listener: () => void): void;
}

/** Reads messages without waiting: a call costs no promise for each step of it. What is not read stays with the source. */
export class MessageReader {
	readonly #source: MessageSource;
	readonly #received = new Received();

	constructor(source: MessageSource) {
		this.#source = source;
	}

	/**
	 * The next value, or undefined while more must come: then it is to be asked with the same parser again. Fails with the source's
	 * ending, with `STREAM_ENDED` when that comes within a message, `MESSAGE_TOO_LARGE`, and as the parser does.
	 */
	read<Value>(parse: Parse<Value>): { readonly value: Value } | undefined {
		for (;;) {
			const found = this.#received.value(parse, messageBytesMax);
			if (found !== undefined) return found;
			const chunk = this.#source.take();
			if (chunk === undefined) break;
			this.#received.push(chunk);
		}
		const { ending } = this.#source;
		if (ending === undefined) return undefined;
		if (this.#received.sizeBytes === 0) throw ending;
		throw new DiscoError("STREAM_ENDED", "the peer ended the stream within a message", {
			cause: ending,
			retryable: true,
		});
	}
}
