import { Reader, ValueEnd } from "../../../lib/msgpack/index.ts";

/**
 * A parser for `Incoming.value` that reads a value once, when all of it has come: what has come so far is only passed over, from
 * where it ended the last time. Undefined: the value is passed over and `true` given.
 */
export function messageParser<Value>(codec: ValueReader<Value>): MessageParser<Value>;
export function messageParser(codec: undefined): MessageParser<true>;
export function messageParser(codec: ValueReader<unknown> | undefined): MessageParser<unknown> {
	const end = new ValueEnd();
	return (buffer, offset) => {
		// The buffer may have moved since, but what has come of the value still begins at the offset.
		const endOffset = offset + end.find(buffer.subarray(offset));
		if (codec === undefined) return { value: true, endOffset };
		return { value: codec.read(new Reader(buffer, offset), buffer.subarray(offset, endOffset)), endOffset };
	};
}

/** A codec, or what wants to see the value's bytes before it reads them. */
export interface ValueReader<Value> {
	read(reader: Reader, encoded: Uint8Array): Value;
}

type MessageParser<Value> = (
	buffer: Uint8Array,
	offset: number,
) => { readonly value: Value; readonly endOffset: number };
