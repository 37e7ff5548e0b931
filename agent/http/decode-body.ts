import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { type Decoder, type Json, parseFirstJson } from "../../lib/json/index.ts";

/** The first JSON value of a body, decoded. Fails with `JSON_INVALID` or `JSON_FIELD_INVALID`. */
export function decodeBody<Value>(text: string, decode: Decoder<Value>): Value {
	return decode(bodyValue(text), "");
}

/** As `decodeBody`, for the few endpoints whose errors begin differently (400). */
export function decodeBodyOr<Value>(prefix: string, text: string, decode: Decoder<Value>): Value {
	try {
		return decodeBody(text, decode);
	} catch (error) {
		throw new DiscoError("HTTP_BAD_REQUEST", `${prefix}: ${errorMessage(error)}`, { cause: error });
	}
}

/** The first JSON value of a body; `null` leaves every field as it is, so it is an empty object. */
export function bodyValue(text: string): Json {
	return parseFirstJson(text) ?? new Map<string, Json>();
}

/** A field of the service mesh: may be there when it is empty, as clients send it; anything else is not supported. */
export const meshField: Decoder<undefined> = (value, field) => {
	if (!isEmpty(value)) {
		throw new DiscoError("JSON_FIELD_INVALID", `field ${field}: the service mesh is not supported; leave it out`);
	}
	return undefined;
};

function isEmpty(value: Json): boolean {
	if (value === null || value === false || value === "" || value === 0) return true;
	if (value instanceof Map) return [...value.values()].every(isEmpty);
	return Array.isArray(value) && value.length === 0;
}
