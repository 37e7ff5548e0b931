import { DiscoError } from "../../../lib/errors.ts";
import type { Writer } from "../../../lib/msgpack/index.ts";
import type { Parse } from "../../../lib/stream/index.ts";
import { referenceText } from "../error-texts.ts";
import { CallEnd } from "./call-end.ts";
import { message } from "./message.ts";
import { messageParser } from "./message-parser.ts";
import { MessageReader, type MessageSource } from "./message-reader.ts";
import { errorBody, requestHeader, responseHeader, type ServedCall, type ServedMethod } from "./rpc.ts";

/** What calls come on, and answers leave by. */
export interface ServedStream extends MessageSource {
	write(bytes: Uint8Array): Promise<void>;
	close(): Promise<void>;
	/** Calls the listener once when the peer has ended its direction, or the connection has broken. */
	onPeerEnd?(listener: () => void): void;
}

interface Header {
	readonly ServiceMethod: string;
	readonly Seq: number;
}
/** Undefined: no such method. */
type Run = ((call: ServedCall) => Promise<(writer: Writer) => void>) | undefined;

interface Begun {
	readonly header: Header;
	readonly parse: Parse<{ readonly run: Run }>;
}

/**
 * Answers calls, one after the other, until the peer ends the stream; resolves then. After an unknown method the stream is closed,
 * as the reference does; other errors leave it usable. Never throws: what is malformed ends the stream.
 */
export function serveRpcStream(stream: ServedStream, methods: ReadonlyMap<string, ServedMethod>): Promise<void> {
	return new Promise((resolve) => {
		const server = new StreamServer(stream, methods, resolve);
		stream.onReadable(() => server.proceed());
		server.proceed();
	});
}

class StreamServer {
	readonly #stream: ServedStream;
	readonly #methods: ReadonlyMap<string, ServedMethod>;
	readonly #onEnd: () => void;
	readonly #reader: MessageReader;
	readonly #call: ServedCall = { signal: new CallEnd() };
	#parseHeader = messageParser(requestHeader);
	/** The header of a call whose argument has not come yet, and what reads that. */
	#begun: Begun | undefined;
	/** A call is being answered, or the stream is over: nothing is read. */
	#isBusy = false;

	constructor(stream: ServedStream, methods: ReadonlyMap<string, ServedMethod>, onEnd: () => void) {
		this.#stream = stream;
		this.#methods = methods;
		this.#onEnd = onEnd;
		this.#reader = new MessageReader(stream);
		stream.onPeerEnd?.(() => this.#call.signal.abort());
	}

	/** Reads what has come, until a call is whole. */
	proceed(): void {
		if (this.#isBusy) return;
		try {
			this.#begun ??= this.#readHeader();
			if (this.#begun === undefined) return;
			const { header, parse } = this.#begun;
			const read = this.#reader.read(parse);
			if (read === undefined) return;
			this.#begun = undefined;
			this.#isBusy = true;
			void this.#answer(header, read.value.run);
		} catch {
			// The peer sees the end of the stream.
			this.#end();
		}
	}

	#readHeader(): Begun | undefined {
		const read = this.#reader.read(this.#parseHeader);
		if (read === undefined) return undefined;
		this.#parseHeader = messageParser(requestHeader);
		const header = read.value;
		const method = this.#methods.get(header.ServiceMethod);
		if (method === undefined) return { header, parse: messageParser(nothing) };
		return { header, parse: messageParser({ read: (reader) => method.answer(reader) }) };
	}

	async #answer(header: Header, run: Run): Promise<void> {
		try {
			const encoded =
				run === undefined
					? encodeError(header, unknownMethod(header.ServiceMethod, this.#methods))
					: await outcome(header, run(this.#call));
			await this.#stream.write(encoded);
		} catch {
			return this.#end();
		}
		if (run === undefined) return this.#end();
		this.#isBusy = false;
		this.proceed();
	}

	#end(): void {
		this.#isBusy = true;
		void this.#stream.close().then(this.#onEnd, this.#onEnd);
	}
}

const nothing = { read: () => ({ run: undefined }) };

async function outcome(header: Header, running: Promise<(writer: Writer) => void>): Promise<Uint8Array> {
	let writeReply: (writer: Writer) => void;
	try {
		writeReply = await running;
	} catch (error) {
		return encodeError(header, referenceText(error), error);
	}
	return message((writer) => {
		responseHeader.write(writer, { ...header, Error: "" });
		writeReply(writer);
	});
}

function encodeError(header: Header, text: string, error?: unknown): Uint8Array {
	const known = error instanceof DiscoError;
	const Message = known && error.message !== text ? error.message : "";
	return message((writer) => {
		responseHeader.write(writer, { ...header, Error: text === "" ? "unknown error" : text });
		errorBody.write(writer, { Code: known ? error.code : "", Message });
	});
}

/** The reference's texts: callers look for them. */
function unknownMethod(name: string, methods: ReadonlyMap<string, ServedMethod>): string {
	const service = `${name.split(".")[0]}.`;
	const known = [...methods.keys()].some((each) => each.startsWith(service));
	return `rpc: can't find ${known ? "method" : "service"} ${name}`;
}
