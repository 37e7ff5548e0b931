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

/** Whether `thrown` is an answer with the status `status`. */
export function isHttpStatus(thrown: unknown, status: number): thrown is HttpStatusError {
	return thrown instanceof HttpStatusError && thrown.status === status;
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
