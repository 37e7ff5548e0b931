import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type EncodedBody, piecesOf } from "./encode-body.ts";
import { hasBody, type ReadBody, readBody } from "./read-body.ts";

/** One request and the way back to its client, whatever carries them: node:http's objects, or a quick connection. */
export interface Exchange {
	readonly method: string;
	/** Path and query as they came. */
	readonly url: string;
	readonly headers: IncomingHttpHeaders;
	/** Of the connection; empty for a Unix socket. */
	readonly remoteAddress: string;
	/** Of the connection; 0 for a Unix socket. */
	readonly remotePort: number;
	/** The client has gone: nothing can be answered any more. */
	readonly isGone: boolean;
	/** At most `sizeMax` bytes, see `readBody`; at once when they are here, undefined when the request has none. */
	body(sizeMax: number): ReadBody | Promise<ReadBody> | undefined;
	/** The body as it comes in. */
	readonly bodyStream: AsyncIterable<Uint8Array>;
	/** Calls `listener` when the connection closes before the answer was sent. One listener, or undefined for none. */
	onGone(listener: (() => void) | undefined): void;
	/** The whole answer; `headers` are name, value, name, value ... and include `Content-Length`. Nothing happens when the client has gone. */
	answer(status: number, headers: readonly string[], body: EncodedBody | undefined): void;
	/** An answer that is made while it is sent; the next piece is asked for when the client has taken those before. */
	stream(status: number, headers: readonly string[], pieces: AsyncIterable<Uint8Array | string>): Promise<void>;
}

/** As node:http sees it. */
export class NodeExchange implements Exchange {
	readonly #request: IncomingMessage;
	readonly #response: ServerResponse;
	#onGone: (() => void) | undefined;

	constructor(request: IncomingMessage, response: ServerResponse) {
		this.#request = request;
		this.#response = response;
	}

	get method(): string {
		return this.#request.method ?? "GET";
	}

	get url(): string {
		return this.#request.url ?? "/";
	}

	get headers(): IncomingHttpHeaders {
		return this.#request.headers;
	}

	get remoteAddress(): string {
		return this.#request.socket.remoteAddress ?? "";
	}

	get remotePort(): number {
		return this.#request.socket.remotePort ?? 0;
	}

	get isGone(): boolean {
		return this.#response.destroyed;
	}

	body(sizeMax: number): Promise<ReadBody> | undefined {
		return hasBody(this.#request) ? readBody(this.#request, sizeMax) : undefined;
	}

	get bodyStream(): AsyncIterable<Uint8Array> {
		return this.#request;
	}

	onGone(listener: (() => void) | undefined): void {
		if (this.#onGone !== undefined) this.#response.off("close", this.#onGone);
		this.#onGone = listener;
		if (listener !== undefined) this.#response.once("close", listener);
	}

	answer(status: number, headers: readonly string[], body: EncodedBody | undefined): void {
		const response = this.#response;
		if (response.destroyed) return;
		response.writeHead(status, headers as string[]);
		if (body === undefined) response.end();
		else if (typeof body.content === "string") response.end(body.content, body.isAscii ? "latin1" : "utf8");
		else {
			const pieces = piecesOf(body.content);
			for (const piece of pieces.slice(0, -1)) response.write(piece);
			response.end(pieces.at(-1));
		}
	}

	async stream(status: number, headers: readonly string[], pieces: AsyncIterable<Uint8Array | string>): Promise<void> {
		const response = this.#response;
		if (response.destroyed) return;
		response.writeHead(status, headers as string[]);
		response.flushHeaders();
		for await (const piece of pieces) {
			if (response.destroyed) return;
			if (!response.write(piece)) await drained(response);
		}
		response.end();
	}
}

function drained(response: ServerResponse): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			response.off("drain", done);
			response.off("close", done);
			resolve();
		};
		response.on("drain", done);
		response.on("close", done);
	});
}
