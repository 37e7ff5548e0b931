import { Reader, ValueEnd } from "../../../lib/msgpack/index.ts";

/**
 * A parser for `Incoming.value` that reads a value once, when all of it has come: what has come so far is only passed over, from
 * where it ended the last time. Undefined: the value is passed over and `true` given.
 */
export function messageParser<Value>(codec: { read(reader: Reader): Value }): MessageParser<Value>;
export function messageParser(codec: undefined): MessageParser<true>;
export function messageParser(codec: { read(reader: Reader): unknown } | undefined): MessageParser<unknown> {
	const end = new ValueEnd();
	return (buffer, offset) => {
		// The buffer may have moved since, but what has come of the value still begins at the offset.
		const endOffset = offset + end.find(buffer.subarray(offset));
		return { value: codec === undefined ? true : codec.read(new Reader(buffer, offset)), endOffset };
	};
}

type MessageParser<Value> = (
	buffer: Uint8Array,
	offset: number,
) => { readonly value: Value; readonly endOffset: number };
