import { Reader, ValueEnd } from "../../../lib/msgpack/index.ts";
import type { Parse } from "../../../lib/stream/index.ts";

/** A codec, or what wants to see the value's bytes before it reads them. */
export interface ValueReader<Value> {
	read(reader: Reader, encoded: Uint8Array): Value;
}

/**
 * A parser for one value that reads it once, when all of it has come: what has come so far is only passed over, from where it ended
 * the last time.
 */
export function messageParser<Value>(codec: ValueReader<Value>): Parse<Value> {
	const end = new ValueEnd();
	return (buffer, offset) => {
		// The buffer may have moved since, but what has come of the value still begins at the offset.
		const endOffset = offset + end.find(buffer.subarray(offset));
		return { value: codec.read(new Reader(buffer, offset), buffer.subarray(offset, endOffset)), endOffset };
	};
}
