import { type Codec, omitEmpty, type Reader, string, struct, u64, type Writer } from "../../../lib/msgpack/index.ts";
import type { CallEnd } from "./call-end.ts";
import type { ValueReader } from "./message-parser.ts";

/** net/rpc with msgpack, as the reference speaks it: a header and a value each way, one call at a time on a stream. */
export const requestHeader = struct({ ServiceMethod: string, Seq: u64 });
export const responseHeader = struct({ ServiceMethod: string, Seq: u64, Error: string });
/**
 * What follows the header of an error. The reference sends an empty struct and drops what it is sent; ours tells which error it is,
 * since the header's text is the reference's.
 */
export const errorBody = struct({ Code: omitEmpty(string), Message: omitEmpty(string) });

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
