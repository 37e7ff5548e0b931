import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { referenceText } from "../rpc/index.ts";
import { plainText, type Reply } from "./reply.ts";

/**
 * Status by error code. The reference answers 400 for what its HTTP layer finds and 500 for nearly everything behind it; clients
 * compare some of these texts, so they are kept here, in one place.
 */
const statusByCode: Readonly<Record<string, number>> = {
	HTTP_BAD_REQUEST: 400,
	HTTP_TOO_LARGE: 413,
	JSON_INVALID: 400,
	JSON_FIELD_INVALID: 400,
	SERVICE_INVALID: 400,
	CHECK_INVALID: 400,
	DURATION_INVALID: 400,
	PERMISSION_DENIED: 403,
	HTTP_NOT_FOUND: 404,
	SERVICE_UNKNOWN: 404,
	CHECK_UNKNOWN: 404,
	CHECK_SERVICE_UNKNOWN: 404,
	WAITERS_TOO_MANY: 429,
	WAIT_ABORTED: 503,
};

/** A refusal with status 400. */
export function badRequest(message: string): DiscoError {
	return new DiscoError("HTTP_BAD_REQUEST", message);
}

/** Status and text for what a handler threw. `unexpected` is set for a programmer's error, which the log must show. */
export function failureReply(thrown: unknown): { readonly reply: Reply; readonly unexpected: boolean } {
	if (!(thrown instanceof DiscoError)) return { reply: plainText(500, errorMessage(thrown)), unexpected: true };
	const status = statusByCode[thrown.code] ?? 500;
	return { reply: plainText(status, wireText(thrown)), unexpected: false };
}

function wireText(error: DiscoError): string {
	switch (error.code) {
		case "JSON_INVALID":
		case "JSON_FIELD_INVALID":
			return `Request decode failed: ${error.message}`;
		default:
			return referenceText(error);
	}
}
