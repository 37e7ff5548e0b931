import { DiscoError } from "../lib/errors.ts";

/** Where an agent's HTTP API listens. */
export interface AgentAddress {
	readonly protocol: "http" | "https";
	/** A name or an IP address without brackets; empty for a Unix socket. */
	readonly host: string;
	/** 0 for a Unix socket. */
	readonly port: number;
	readonly socketPath?: string;
	/** What stands before `/v1` behind a proxy: empty or `/path` without a slash at its end. */
	readonly pathPrefix: string;
	/** For messages: `http://127.0.0.1:8500`, `unix:///run/disco.sock`. */
	readonly text: string;
}

/** Where an agent listens unless told otherwise. */
export const defaultAddress = "127.0.0.1:8500";

/** The port of an address that names only a host. */
const defaultPort = 8500;

/**
 * Reads `host:port`, `host`, `http://host:port/prefix`, `https://...` or `unix:///path`; `tls` makes an address without a scheme
 * (and, as the reference does, one with `http://`) an https one.
 *
 * Error: `ADDRESS_INVALID`.
 */
export function parseAgentAddress(text: string, options: { readonly tls?: boolean } = {}): AgentAddress {
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
	if (scheme === "unix") return socketAddress(text);
	if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
		throw invalid(text, `scheme ${scheme}:// is not known`);
	}
	const protocol = scheme === "https" || options.tls === true ? "https" : "http";
	const rest = scheme === undefined ? text : text.slice(scheme.length + 3);
	const parts = /^(\[[0-9a-f:.%]+\]|[^:/?#\s@]*)(?::(\d*))?(\/[^?#\s]*)?$/i.exec(rest);
	if (parts === null) return bareIpv6(rest, protocol) ?? fail(text);
	const host = (parts[1] ?? "").replace(/^\[|\]$/g, "") || "127.0.0.1";
	const schemePort = scheme === undefined ? defaultPort : scheme === "https" ? 443 : 80;
	const port = parts[2] === undefined || parts[2] === "" ? schemePort : Number(parts[2]);
	if (port < 1 || port > 65535) throw invalid(text, `port ${port} is not between 1 and 65535`);
	return tcpAddress(protocol, host, port, (parts[3] ?? "").replace(/\/+$/, ""));
}

function socketAddress(text: string): AgentAddress {
	const socketPath = text.slice("unix://".length);
	if (socketPath === "") throw invalid(text, "the path of the socket is missing");
	return { protocol: "http", host: "", port: 0, socketPath, pathPrefix: "", text };
}

function bareIpv6(rest: string, protocol: "http" | "https"): AgentAddress | undefined {
	return /^[0-9a-f]*:[0-9a-f:.]+$/i.test(rest) ? tcpAddress(protocol, rest, defaultPort, "") : undefined;
}

function tcpAddress(protocol: "http" | "https", host: string, port: number, pathPrefix: string): AgentAddress {
	const shown = host.includes(":") ? `[${host}]` : host;
	return { protocol, host, port, pathPrefix, text: `${protocol}://${shown}:${port}${pathPrefix}` };
}

function fail(text: string): never {
	throw invalid(text, "it is not an address");
}

function invalid(text: string, reason: string): DiscoError {
	// What stands before an @ may be a password.
	const shown = text.replace(/\/\/[^/]*@/, "//...@");
	return new DiscoError(
		"ADDRESS_INVALID",
		`agent address "${shown}": ${reason}; write host:port, http://host:port, https://host:port or unix:///path`,
	);
}
