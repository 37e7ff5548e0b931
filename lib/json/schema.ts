/** A part of JSON Schema (draft 2020-12, as OpenAPI 3.1 takes it). */
export interface JsonSchema {
	readonly type?: string | readonly string[];
	readonly description?: string;
	readonly properties?: Readonly<Record<string, JsonSchema>>;
	readonly additionalProperties?: boolean | JsonSchema;
	readonly items?: JsonSchema;
	readonly anyOf?: readonly JsonSchema[];
	readonly minimum?: number;
}

const schemas = new WeakMap<object, JsonSchema>();

/** The same decoder, with what it accepts said in words that a machine reads. */
export function withSchema<Decode extends object>(schema: JsonSchema, decode: Decode): Decode {
	schemas.set(decode, schema);
	return decode;
}

/** What a decoder accepts; `{}`, which is anything, for one that does not say. */
export function schemaOf(decode: object): JsonSchema {
	return schemas.get(decode) ?? {};
}
