import { request as httpRequest } from "node:http";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { createLimit } from "../../lib/limit.ts";

/** Where a result is sent to. */
export interface HttpHandler {
	/** http or https. */
	readonly url: string;
	readonly method: string;
	/** For the whole exchange. */
	readonly timeoutMs: number;
	readonly headers: Readonly<Record<string, readonly string[]>>;
	readonly verify: boolean;
}

/**
 * Sends a result as JSON, with the index in `X-Consul-Index`. Redirects are not followed; the answer's body is not kept.
 *
 * Fails with `HANDLER_FAILED` when there is no answer in time or it is not 2xx.
 */
export async function sendToHandler(
	handler: HttpHandler,
	change: { readonly json: string; readonly index: number },
	signal: AbortSignal,
): Promise<void> {
	const url = new URL(handler.url);
	const start = url.protocol === "https:" ? (await import("node:https")).request : httpRequest;
	const body = Buffer.from(`${change.json}\n`);
	const failed = (reason: string) =>
		new DiscoError("HANDLER_FAILED", `handler ${handler.method} ${url.origin}${url.pathname}: ${reason}`);
	const limit = createLimit(signal, handler.timeoutMs);
	await new Promise<void>((resolve, reject) => {
		const outgoing = start(url, {
			method: handler.method,
			signal: limit.signal,
			headers: {
				...handler.headers,
				"content-type": "application/json",
				"content-length": body.length,
				"x-consul-index": String(change.index),
			},
			...(handler.verify ? {} : { rejectUnauthorized: false }),
		});
		outgoing.on("response", (incoming) => {
			const status = incoming.statusCode ?? 0;
			incoming.resume();
			incoming.on("error", () => {});
			if (status >= 200 && status < 300) resolve();
			else reject(failed(`answered ${status}, not 2xx`));
		});
		outgoing.on("error", (error) => {
			if (signal.aborted) resolve();
			else if (error.name === "TimeoutError" || error.name === "AbortError")
				reject(failed(`no answer within ${handler.timeoutMs} ms`));
			else reject(failed(errorMessage(error)));
		});
		outgoing.end(body);
	}).finally(limit.end);
}
