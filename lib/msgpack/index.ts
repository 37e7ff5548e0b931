/**
 * msgpack as the reference's programs write and read it (old specification: text and bytes are one "raw" family, nothing is
 * ever sent as str8 or bin; structs are maps with sorted field names).
 *
 * `struct({ Node: string, SeqNo: u32 })` makes the codec of a message; `encode` and `decode` use it; `Writer` and `Reader` are
 * the layer below, for what is not a plain message. What is malformed is a `DiscoError` with code `MSGPACK_INVALID`, what ends
 * early one with `MSGPACK_TRUNCATED` (of a stream: wait for more).
 */
export {
	bool,
	bytes,
	type Codec,
	constant,
	decode,
	encode,
	float64,
	type Infer,
	i64,
	list,
	mapOf,
	nullable,
	omitEmpty,
	recordOf,
	string,
	struct,
	u8,
	u16,
	u32,
	u64,
	u64Clamped,
	u64Exact,
} from "./codec.ts";
export { Reader } from "./reader.ts";
export { decodeTime, encodeTime } from "./time.ts";
export { readValue, type Value, writeValue } from "./value.ts";
export { ValueEnd } from "./value-end.ts";
export { Writer } from "./writer.ts";
