import { type IncomingHttpHeaders, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { assert } from "../../lib/errors.ts";
import { type EncodedBody, piecesOf, type SentAnswer } from "./encode-body.ts";
import type { Exchange } from "./exchange.ts";
import { parseQuickRequest, type QuickHead, type QuickRequest } from "./quick-request.ts";
import type { ReadBody } from "./read-body.ts";

/** What came while a request was being answered; beyond it nothing more is read. */
const pendingBytesMax = 64 * 1024;

/** Of a larger answer head and body are written one after the other. */
const keptBytesMax = 1024 * 1024;

/** What a connection asks of its surroundings. */
export interface QuickParts {
	/** Answers the request, or gives false when it is none of those that are answered here. */
	readonly take: (request: QuickRequest, exchange: Exchange, destroy: () => void) => boolean;
	/** Gives the connection, with what was read of it, to node:http for good. */
	readonly handOver: (connection: QuickConnection, socket: Socket) => void;
	/** The end of each answer's head: `Date`, `Connection` and `Keep-Alive`, as node:http writes them, and an empty line. */
	readonly headEnd: () => string;
	readonly gone: (connection: QuickConnection) => void;
}

/**
 * A keep-alive connection whose requests are so usual that they need neither node:http nor Fastify: half of what a small read
 * costs. The first one that is not leaves for good. One request at a time; a client that does not take its answer gets no other.
 */
export class QuickConnection {
	readonly #socket: Socket;
	readonly #parts: QuickParts;
	#head: QuickHead | undefined;
	#exchange: QuickExchange | undefined;
	#pending: Buffer | undefined;
	/** For the caller to count: back to 0 whenever something moves. */
	stillTurns = 0;
	/** A request came here already. */
	isUsed = false;

	constructor(socket: Socket, parts: QuickParts) {
		this.#socket = socket;
		this.#parts = parts;
		socket.on("data", this.#onData);
		socket.on("end", this.#onEnd);
		socket.on("drain", this.#onDrain);
		socket.on("error", this.#onError);
		socket.on("close", this.#onClose);
	}

	/** A request is being answered, or its client has to take the answer first. */
	get isBusy(): boolean {
		return this.#exchange !== undefined || this.#socket.writableNeedDrain;
	}

	/** Nobody is owed anything. */
	get isIdle(): boolean {
		return this.#exchange === undefined && this.#socket.writableLength === 0;
	}

	get remoteAddress(): string {
		return this.#socket.remoteAddress ?? "";
	}

	get remotePort(): number {
		return this.#socket.remotePort ?? 0;
	}

	/** Cut, whatever is under way. */
	destroy(): void {
		this.#socket.destroy();
	}

	/** Tells why, and ends. */
	refuse(text: string): void {
		this.#socket.end(text, "latin1");
		this.#socket.destroySoon();
	}

	/** An answer: the head up to `headEnd`, and the body. */
	write(head: string, body: EncodedBody | undefined): void {
		const socket = this.#socket;
		this.#exchange = undefined;
		this.stillTurns = 0;
		if (!socket.writable) return;
		const whole = head + this.#parts.headEnd();
		const known = body?.sent === undefined ? undefined : knownBytes(body, body.sent, whole);
		if (known !== undefined) socket.write(known);
		else if (body === undefined) socket.write(whole, "latin1");
		else if (typeof body.content !== "string") {
			socket.cork();
			socket.write(whole, "latin1");
			for (const piece of piecesOf(body.content)) socket.write(piece);
			socket.uncork();
		} else socket.write(whole + body.content, body.isAscii ? "latin1" : "utf8");
		if (this.#pending !== undefined) this.#next();
	}

	readonly #onData = (chunk: Buffer): void => {
		this.stillTurns = 0;
		if (this.isBusy || this.#pending !== undefined) this.#keep(chunk);
		else this.#read(chunk);
	};

	/** Without an answer yet it will not take one. */
	readonly #onEnd = (): void => {
		this.#exchange?.gone();
		this.#socket.end();
	};

	readonly #onDrain = (): void => {
		this.stillTurns = 0;
		this.#next();
	};

	readonly #onError = (): void => {
		this.#socket.destroy();
	};

	readonly #onClose = (): void => {
		this.#parts.gone(this);
		this.#exchange?.gone();
	};

	#keep(chunk: Buffer): void {
		this.#pending = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
		if (this.#pending.length > pendingBytesMax) this.#socket.pause();
	}

	#next(): void {
		const pending = this.#pending;
		if (pending === undefined || this.isBusy || !this.#socket.writable) return;
		this.#pending = undefined;
		if (this.#socket.isPaused()) this.#socket.resume();
		this.#read(pending);
	}

	#read(chunk: Buffer): void {
		const request = parseQuickRequest(chunk, this.#head);
		if (request === undefined) {
			this.#handOver(chunk);
			return;
		}
		const exchange = new QuickExchange(request, this);
		this.#exchange = exchange;
		if (request.sizeBytes < chunk.length) this.#pending = chunk.subarray(request.sizeBytes);
		if (this.#parts.take(request, exchange, this.#onError)) {
			this.isUsed = true;
			this.#head = request.head;
			return;
		}
		this.#exchange = undefined;
		this.#pending = undefined;
		this.#handOver(chunk);
	}

	#handOver(chunk: Buffer): void {
		const socket = this.#socket;
		socket.off("data", this.#onData);
		socket.off("end", this.#onEnd);
		socket.off("drain", this.#onDrain);
		socket.off("error", this.#onError);
		socket.off("close", this.#onClose);
		socket.pause();
		socket.unshift(chunk);
		this.#parts.handOver(this, socket);
		socket.resume();
	}
}

/**
 * The bytes of an answer that was sent with the same head before: within a second it is, for all who ask the same. They are made
 * the second time, since most answers are asked for once.
 */
function knownBytes({ content, byteLength, isAscii }: EncodedBody, sent: SentAnswer, head: string): Buffer | undefined {
	if (byteLength > keptBytesMax || Array.isArray(content)) return undefined;
	if (sent.head !== head) {
		sent.head = head;
		sent.bytes = undefined;
		return undefined;
	}
	sent.bytes ??=
		typeof content === "string"
			? Buffer.from(head + content, isAscii ? "latin1" : "utf8")
			: Buffer.concat([Buffer.from(head, "latin1"), content as Uint8Array]);
	return sent.bytes;
}

/** A request on a quick connection. */
class QuickExchange implements Exchange {
	readonly #request: QuickRequest;
	readonly #connection: QuickConnection;
	#onGone: (() => void) | undefined;
	isGone = false;

	constructor(request: QuickRequest, connection: QuickConnection) {
		this.#request = request;
		this.#connection = connection;
	}

	get method(): string {
		return this.#request.method;
	}

	get url(): string {
		return this.#request.url;
	}

	get headers(): IncomingHttpHeaders {
		return this.#request.head.headers;
	}

	get remoteAddress(): string {
		return this.#connection.remoteAddress;
	}

	get remotePort(): number {
		return this.#connection.remotePort;
	}

	body(sizeMax: number): ReadBody | undefined {
		const { hasBody, body } = this.#request;
		if (!hasBody) return undefined;
		return { bytes: body.length > sizeMax ? new Uint8Array() : body, size: body.length };
	}

	get bodyStream(): AsyncIterable<Uint8Array> {
		throw new Error("routes that stream their body are not quick");
	}

	onGone(listener: (() => void) | undefined): void {
		this.#onGone = listener;
	}

	gone(): void {
		this.isGone = true;
		this.#onGone?.();
	}

	answer(status: number, headers: readonly string[], body: EncodedBody | undefined): void {
		if (this.isGone) return;
		let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
		for (let at = 0; at < headers.length; at += 2) {
			const value = headers[at + 1] as string;
			assert(!notInHeader.test(value), `header ${headers[at]} holds what a header may hold`);
			head += `${headers[at]}: ${value}\r\n`;
		}
		this.#connection.write(head, body);
	}

	stream(): Promise<void> {
		throw new Error("routes that stream their answer are not quick");
	}
}

/** As node:http checks it. */
const notInHeader = /[^\t\x20-\x7e\x80-\xff]/;
