import { decodeFrame, type FrameHeader, frameHeaderBytes } from "./yamux-frame.ts";

/** What a session does with the frames that come. */
export interface FrameHandler {
	/** Gives how many bytes of a body follow the header. */
	onHeader(header: FrameHeader): number;
	/** A part of the frame's body: a view, valid as long as its chunk. */
	onBody(header: FrameHeader, part: Uint8Array): void;
	/** All of the frame has come. */
	onEnd(header: FrameHeader): void;
}

/** Takes a stream's chunks apart into frames, as they come and without copies; of a body nothing is held back. */
export class FrameReader {
	readonly #handler: FrameHandler;
	/** A header of which only a part has come. */
	readonly #partial = new Uint8Array(frameHeaderBytes);
	#partialBytes = 0;
	/** The frame whose body comes, and how much of it does not yet. */
	#header: FrameHeader | undefined;
	#leftBytes = 0;

	constructor(handler: FrameHandler) {
		this.#handler = handler;
	}

	/** What the handler throws is thrown on; then nothing may be pushed any more. Fails with `YAMUX_INVALID`. */
	push(chunk: Uint8Array): void {
		for (let at = 0; at < chunk.length; )
			at = this.#header === undefined ? this.#takeHeader(chunk, at) : this.#takeBody(this.#header, chunk, at);
	}

	/** Gives where it has come to in the chunk. */
	#takeHeader(chunk: Uint8Array, at: number): number {
		if (this.#partialBytes === 0 && chunk.length - at >= frameHeaderBytes) {
			this.#begin(decodeFrame(chunk, at));
			return at + frameHeaderBytes;
		}
		const part = chunk.subarray(at, at + frameHeaderBytes - this.#partialBytes);
		this.#partial.set(part, this.#partialBytes);
		this.#partialBytes += part.length;
		if (this.#partialBytes === frameHeaderBytes) {
			this.#partialBytes = 0;
			this.#begin(decodeFrame(this.#partial));
		}
		return at + part.length;
	}

	#begin(header: FrameHeader): void {
		this.#leftBytes = this.#handler.onHeader(header);
		if (this.#leftBytes === 0) this.#handler.onEnd(header);
		else this.#header = header;
	}

	#takeBody(header: FrameHeader, chunk: Uint8Array, at: number): number {
		const part = chunk.subarray(at, at + this.#leftBytes);
		this.#leftBytes -= part.length;
		this.#handler.onBody(header, part);
		if (this.#leftBytes === 0) {
			this.#header = undefined;
			this.#handler.onEnd(header);
		}
		return at + part.length;
	}
}
