import { errorCode, errorMessage } from "../../lib/errors.ts";

/** Go's words for what the system refuses, which tools look for in a check's output. */
const words: Readonly<Record<string, string>> = {
	ECONNREFUSED: "connect: connection refused",
	EHOSTUNREACH: "connect: no route to host",
	ENETUNREACH: "connect: network is unreachable",
	ECONNRESET: "read: connection reset by peer",
	EPIPE: "write: broken pipe",
	ETIMEDOUT: "i/o timeout",
};

/**
 * A failed connection as the reference writes it: `dial tcp 10.0.0.1:80: connect: connection refused`. Errors that do not belong to a
 * connection keep their own text.
 */
export function dialText(network: "tcp" | "udp", target: string, error: unknown): string {
	const code = errorCode(error);
	// A name with several addresses: each was tried, the first tells why.
	const first = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
	if (first !== undefined) return dialText(network, target, first);
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
		const host = (error as { readonly hostname?: string }).hostname ?? target;
		const reason = code === "ENOTFOUND" ? "no such host" : "server misbehaving";
		return `dial ${network}: lookup ${host}: ${reason}`;
	}
	if (errorMessage(error).includes("wrong version number"))
		return "tls: first record does not look like a TLS handshake";
	const reason = code === undefined ? undefined : words[code];
	return reason === undefined ? errorMessage(error) : `dial ${network} ${target}: ${reason}`;
}

/** What a target that is no `host:port` fails with. */
export function targetText(network: "tcp" | "udp", target: string): string {
	const port = /^[^:]*:(.*)$/.exec(target)?.[1];
	return port === undefined
		? `dial ${network}: address ${target}: missing port in address`
		: `dial ${network}: lookup ${network}/${port}: unknown port`;
}
