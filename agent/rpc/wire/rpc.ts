import type { Clock, Connection } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { type Codec, Reader, string, struct, u64, Writer } from "../../../lib/msgpack/index.ts";
import { Incoming } from "../../../lib/stream/index.ts";

/** net/rpc with msgpack, as the reference speaks it: a header and a value each way, one call at a time on a stream. */
export const requestHeader = struct({ ServiceMethod: string, Seq: u64 });
export const responseHeader = struct({ ServiceMethod: string, Seq: u64, Error: string });
/** What follows the header of an error: to be read and dropped. */
export const emptyStruct = struct({});

/** The largest request or answer: a list of keys may be long. */
const messageBytesMax = 64 * 1024 * 1024;

/** `Service.Method` with what it takes and gives. */
export interface Method<Argument, Reply> {
	readonly name: string;
	readonly argument: Codec<Argument>;
	readonly reply: Codec<Reply>;
}

/** A method with what it does. What `act` throws goes to the caller as text. */
export interface ServedMethod {
	readonly name: string;
	readonly answer: (reader: Reader) => { readonly run: () => Promise<(writer: Writer) => void> };
}

export function served<Argument, Reply>(
	method: Method<Argument, Reply>,
	act: (argument: Argument) => Promise<Reply>,
): ServedMethod {
	return {
		name: method.name,
		answer: (reader) => {
			const argument = method.argument.read(reader);
			return {
				run: async () => {
					const reply = await act(argument);
					return (writer) => method.reply.write(writer, reply);
				},
			};
		},
	};
}

/**
 * Answers calls until the peer ends the stream. After an unknown method the stream is closed, as the reference does; other
 * errors leave it usable. Never throws: what is malformed ends the stream.
 */
export async function serveRpcStream(
	connection: Connection,
	methods: ReadonlyMap<string, ServedMethod>,
): Promise<void> {
	const incoming = new Incoming(connection.incoming);
	try {
		for (;;) {
			const header = await incoming.value(parsed(requestHeader), messageBytesMax);
			if (header === undefined) break;
			const method = methods.get(header.ServiceMethod);
			if (method === undefined) {
				await incoming.value(skipped, messageBytesMax);
				await connection.write(encodeError(header, unknownMethod(header.ServiceMethod, methods)));
				break;
			}
			const { run } = await neverEnding(
				incoming.value(
					withReader((reader) => method.answer(reader)),
					messageBytesMax,
				),
			);
			await connection.write(await outcome(header, run));
		}
	} catch {
		// The peer sees the end of the stream.
	}
	await connection.close();
}

async function outcome(
	header: { readonly ServiceMethod: string; readonly Seq: number },
	run: () => Promise<(writer: Writer) => void>,
): Promise<Uint8Array> {
	let writeReply: (writer: Writer) => void;
	try {
		writeReply = await run();
	} catch (error) {
		return encodeError(header, errorMessage(error));
	}
	const writer = new Writer();
	responseHeader.write(writer, { ...header, Error: "" });
	writeReply(writer);
	return writer.finish();
}

function encodeError(header: { readonly ServiceMethod: string; readonly Seq: number }, error: string): Uint8Array {
	const writer = new Writer();
	responseHeader.write(writer, { ...header, Error: error });
	emptyStruct.write(writer, {});
	return writer.finish();
}

/** The reference's texts: callers look for them. */
function unknownMethod(name: string, methods: ReadonlyMap<string, ServedMethod>): string {
	const service = `${name.split(".")[0]}.`;
	const known = [...methods.keys()].some((each) => each.startsWith(service));
	return `rpc: can't find ${known ? "method" : "service"} ${name}`;
}

/** One stream for calls, one after the other. */
export class RpcStream {
	readonly #connection: Connection;
	readonly #clock: Clock;
	readonly #incoming: Incoming;
	#seq = 0;
	isUsable = true;

	constructor(connection: Connection, clock: Clock) {
		this.#connection = connection;
		this.#clock = clock;
		this.#incoming = new Incoming(connection.incoming);
	}

	/**
	 * Fails with `RPC_FAILED` (the server's own text; the stream goes on unless it does not know the method), `CALL_TIMEOUT`, or
	 * as the connection does; then the stream is of no use any more.
	 */
	async call<Argument, Reply>(method: Method<Argument, Reply>, argument: Argument, timeoutMs: number): Promise<Reply> {
		const timer = this.#clock.after(timeoutMs, () => {
			this.isUsable = false;
			void this.#connection.close();
		});
		try {
			return await this.#call(method, argument);
		} catch (error) {
			if (error instanceof DiscoError && error.code === "RPC_FAILED") throw error;
			const timedOut = !this.isUsable;
			this.isUsable = false;
			if (!timedOut) throw error;
			throw new DiscoError("CALL_TIMEOUT", `${method.name} was not answered within ${timeoutMs} ms`, {
				retryable: true,
			});
		} finally {
			timer.cancel();
		}
	}

	async close(): Promise<void> {
		this.isUsable = false;
		await this.#connection.close();
	}

	async #call<Argument, Reply>(method: Method<Argument, Reply>, argument: Argument): Promise<Reply> {
		const seq = ++this.#seq;
		const writer = new Writer();
		requestHeader.write(writer, { ServiceMethod: method.name, Seq: seq });
		method.argument.write(writer, argument);
		await this.#connection.write(writer.finish());
		const header = await neverEnding(this.#incoming.value(parsed(responseHeader), messageBytesMax));
		if (header.Seq !== seq) throw new DiscoError("RPC_INVALID", `answer ${header.Seq} to question ${seq}`);
		if (header.Error === "") return neverEnding(this.#incoming.value(parsed(method.reply), messageBytesMax));
		await this.#incoming.value(skipped, messageBytesMax);
		if (header.Error.startsWith("rpc: can't find")) this.isUsable = false;
		throw new DiscoError("RPC_FAILED", header.Error);
	}
}

function parsed<Value>(codec: Codec<Value>) {
	return withReader((reader) => codec.read(reader));
}

const skipped = withReader((reader) => {
	reader.skip();
	return true;
});

function withReader<Value>(read: (reader: Reader) => Value) {
	return (buffer: Uint8Array, offset: number) => {
		const reader = new Reader(buffer, offset);
		const value = read(reader);
		return { value, endOffset: reader.offset };
	};
}

async function neverEnding<Value>(read: Promise<Value | undefined>): Promise<Value> {
	const value = await read;
	if (value === undefined) throw new DiscoError("CONNECTION_LOST", "the peer ended the stream", { retryable: true });
	return value;
}
