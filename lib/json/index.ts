/** JSON as Go reads and writes it, which is what clients of the HTTP API compare. */
export type { Decoded, Decoder } from "./decode.ts";
export {
	anything,
	boolean,
	durationMs,
	integer,
	isObject,
	listOf,
	mapOf,
	number,
	objectOf,
	oneOrMany,
	text,
	unsigned64,
} from "./decode.ts";
export type { Encodable } from "./encode.ts";
export { compareUtf8, encodeJson, joined } from "./encode.ts";
export type { Json } from "./parse.ts";
export { parseFirstJson } from "./parse.ts";
export type { JsonSchema } from "./schema.ts";
export { schemaOf, withSchema } from "./schema.ts";
