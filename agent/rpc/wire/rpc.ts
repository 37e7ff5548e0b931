import type { Connection } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { type Codec, omitEmpty, type Reader, string, struct, u64, Writer } from "../../../lib/msgpack/index.ts";
import { Incoming } from "../../../lib/stream/index.ts";
import { referenceText } from "../error-texts.ts";
import { CallEnd } from "./call-end.ts";
import { messageParser, type ValueReader } from "./message-parser.ts";

/** net/rpc with msgpack, as the reference speaks it: a header and a value each way, one call at a time on a stream. */
export const requestHeader = struct({ ServiceMethod: string, Seq: u64 });
export const responseHeader = struct({ ServiceMethod: string, Seq: u64, Error: string });
/**
 * What follows the header of an error. The reference sends an empty struct and drops what it is sent; ours tells which error it is,
 * since the header's text is the reference's.
 */
export const errorBody = struct({ Code: omitEmpty(string), Message: omitEmpty(string) });

/** The largest request or answer: a list of keys may be long. */
export const messageBytesMax = 64 * 1024 * 1024;

/** `Service.Method` with what it takes and gives. */
export interface Method<Argument, Reply> {
	readonly name: string;
	readonly argument: Codec<Argument>;
	readonly reply: Codec<Reply>;
}

/** A method as its caller needs it. */
export interface CalledMethod<Argument, Reply> {
	readonly name: string;
	readonly argument: Codec<Argument>;
	readonly reply: ValueReader<Reply>;
}

/** A call as the server sees it. */
export interface ServedCall {
	/** Aborted when the caller has gone, or has given the call up. */
	readonly signal: CallEnd;
}

/** A method with what it does. What `act` throws goes to the caller. */
export interface ServedMethod {
	readonly name: string;
	readonly answer: (reader: Reader) => { readonly run: (call: ServedCall) => Promise<(writer: Writer) => void> };
}

export function served<Argument, Reply>(
	method: Method<Argument, Reply>,
	act: (argument: Argument, call: ServedCall) => Promise<Reply>,
): ServedMethod {
	return {
		name: method.name,
		answer: (reader) => {
			const argument = method.argument.read(reader);
			return {
				run: async (call) => {
					const reply = await act(argument, call);
					return (writer) => method.reply.write(writer, reply);
				},
			};
		},
	};
}

/** A connection that may tell of the peer's end without being read. */
export interface RpcConnection extends Connection {
	/** Calls the listener once when the peer has ended its direction, or the connection has broken. */
	onPeerEnd?(listener: () => void): void;
}

/**
 * Answers calls until the peer ends the stream. After an unknown method the stream is closed, as the reference does; other
 * errors leave it usable. Never throws: what is malformed ends the stream.
 */
export async function serveRpcStream(
	connection: RpcConnection,
	methods: ReadonlyMap<string, ServedMethod>,
): Promise<void> {
	const incoming = new Incoming(connection.incoming);
	const call: ServedCall = { signal: new CallEnd() };
	connection.onPeerEnd?.(() => call.signal.abort());
	try {
		for (;;) {
			const header = await incoming.value(messageParser(requestHeader), messageBytesMax);
			if (header === undefined) break;
			const method = methods.get(header.ServiceMethod);
			if (method === undefined) {
				await incoming.value(messageParser(undefined), messageBytesMax);
				await connection.write(encodeError(header, unknownMethod(header.ServiceMethod, methods)));
				break;
			}
			const { run } = await neverEnding(
				incoming.value(messageParser({ read: (reader) => method.answer(reader) }), messageBytesMax),
			);
			await connection.write(await outcome(header, () => run(call)));
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
		return encodeError(header, referenceText(error), error);
	}
	const writer = new Writer();
	responseHeader.write(writer, { ...header, Error: "" });
	writeReply(writer);
	return writer.finish();
}

function encodeError(
	header: { readonly ServiceMethod: string; readonly Seq: number },
	text: string,
	error?: unknown,
): Uint8Array {
	const writer = new Writer();
	responseHeader.write(writer, { ...header, Error: text === "" ? "unknown error" : text });
	const known = error instanceof DiscoError;
	const Message = known && error.message !== text ? error.message : "";
	errorBody.write(writer, { Code: known ? error.code : "", Message });
	return writer.finish();
}

/** The reference's texts: callers look for them. */
function unknownMethod(name: string, methods: ReadonlyMap<string, ServedMethod>): string {
	const service = `${name.split(".")[0]}.`;
	const known = [...methods.keys()].some((each) => each.startsWith(service));
	return `rpc: can't find ${known ? "method" : "service"} ${name}`;
}

export async function neverEnding<Value>(read: Promise<Value | undefined>): Promise<Value> {
	const value = await read;
	if (value === undefined) throw new DiscoError("CONNECTION_LOST", "the peer ended the stream", { retryable: true });
	return value;
}
