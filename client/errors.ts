import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";

/** The agent answered, but not with success. Code `HTTP_STATUS`. */
export class HttpStatusError extends DiscoError {
	readonly status: number;
	/** The answer's text, cut at 1,000 characters. */
	readonly body: string;

	constructor(status: number, body: string, what: string) {
		const shown = body.trim().slice(0, 1000);
		super("HTTP_STATUS", `${what}: ${status}${shown === "" ? "" : ` (${shown.replaceAll("\n", " ")})`}`, {
			retryable: status >= 500 || status === 429,
		});
		this.status = status;
		this.body = shown;
	}
}

/** An answer of another status than was asked for, with as much of its text as helps. */
export function statusError(
	address: string,
	method: string,
	path: string,
	answer: { readonly status: number; readonly body: Buffer },
): HttpStatusError {
	const text = answer.body.subarray(0, 4000).toString("utf8");
	return new HttpStatusError(answer.status, text, `the agent at ${address} answered ${method} ${path} with`);
}

/** Whether `thrown` is an answer with the status `status`. */
export function isHttpStatus(thrown: unknown, status: number): thrown is HttpStatusError {
	return thrown instanceof HttpStatusError && thrown.status === status;
}

/** The `code` of every error that the client makes. */
export type ClientErrorCode =
	/** No connection, or it was lost. May be retried. */
	| "AGENT_UNREACHABLE"
	/** May be retried. */
	| "REQUEST_TIMEOUT"
	/** The caller's signal. */
	| "REQUEST_ABORTED"
	/** Not success: an `HttpStatusError`. May be retried when it is 429 or 5xx. */
	| "HTTP_STATUS"
	| "TLS_FAILED"
	| "TLS_FILE_UNREADABLE"
	/** No HTTP, or no JSON. */
	| "ANSWER_INVALID"
	| "ANSWER_TOO_LARGE"
	| "ADDRESS_INVALID"
	| "KV_KEY_EMPTY"
	/** The key of a lock or semaphore is in use by something else, or the semaphore is for another number of holders. */
	| "LOCK_CONFLICT"
	/** A stream of changes broke; only `onError` sees these three. */
	| "STREAM_FAILED"
	| "STREAM_ENDED"
	| "STREAM_SILENT"
	/** What a watch's own `read` threw. */
	| "WATCH_READ_FAILED"
	| "TOKEN_FILE_UNREADABLE"
	| "ENVIRONMENT_INVALID";

/** An error of this library. Every one is a `DiscoError`; `code` says which. */
export type ClientError = DiscoError & { readonly code: ClientErrorCode };

/** Whether `thrown` is one of this library's errors, and when codes are given, one of those. */
export function isClientError(thrown: unknown, ...codes: readonly ClientErrorCode[]): thrown is ClientError {
	return thrown instanceof DiscoError && (codes.length === 0 || codes.some((code) => code === thrown.code));
}

const unreachable: Readonly<Record<string, string>> = {
	ECONNREFUSED: "connection refused; is the agent running, and is this its HTTP address?",
	ENOTFOUND: "no such host; check the address",
	EAI_AGAIN: "the host's name cannot be resolved at the moment",
	ENOENT: "no such socket; is the agent running?",
	EACCES: "no permission to open it",
	ECONNRESET: "the connection was closed before an answer came",
	EPIPE: "the connection was closed before an answer came",
	EHOSTUNREACH: "no route to the host",
	ENETUNREACH: "no route to the network",
	ETIMEDOUT: "no answer to the connection attempt",
};

/** What Node threw while a request was under way, as one of the client's errors. */
export function transportError(thrown: unknown, address: string): DiscoError {
	if (thrown instanceof DiscoError) return thrown;
	const code = errorCode(thrown) ?? "";
	if (code === "EPROTO" || /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(code)) {
		return new DiscoError(
			"TLS_FAILED",
			`TLS with the agent at ${address} failed: ${errorMessage(thrown).split("\n")[0]}; check the scheme, the CA file and the server name`,
			{ cause: thrown },
		);
	}
	if (code.startsWith("HPE_")) {
		return new DiscoError("ANSWER_INVALID", `${address} does not speak HTTP (${code}); check scheme and port`, {
			cause: thrown,
		});
	}
	const reason = unreachable[code] ?? errorMessage(thrown);
	return new DiscoError("AGENT_UNREACHABLE", `cannot reach the agent at ${address}: ${reason}`, {
		cause: thrown,
		retryable: true,
	});
}
