import { formatDuration } from "../../lib/duration.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { Exchange } from "./exchange.ts";

/** One line a request at debug level, worded as the reference's; costs nothing while nobody reads such lines. */
export function logFinished(exchange: Exchange, elapsedMs: number, logger: Logger): void {
	if (logger.isRead?.("debug") !== true) return;
	const { method, url, remoteAddress, remotePort } = exchange;
	logger.debug("Request finished", {
		method,
		url: withoutSecrets(url),
		from: remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`,
		latency: formatDuration(elapsedMs),
	});
}

/** Tokens stay out: those of the query, however its name is spelt, and those that the legacy ACL endpoints have in their path. */
export function withoutSecrets(url: string): string {
	return url
		.replace(/([?&])([^=&]*)=[^&]*/g, (pair, before: string, name: string) =>
			isTokenName(name) ? `${before}${name}=<hidden>` : pair,
		)
		.replace(/^(\/v1\/acl\/(?:create|update|destroy|info|clone|list)\/)[^?]+/, "$1<hidden>");
}

function isTokenName(name: string): boolean {
	try {
		return decodeURIComponent(name) === "token";
	} catch {
		return false;
	}
}
