import { readdirSync, readFileSync } from "node:fs";
import {
	Agent,
	type ClientRequest,
	request as httpRequest,
	type IncomingHttpHeaders,
	type IncomingMessage,
} from "node:http";
import type { Agent as HttpsAgent, AgentOptions as HttpsAgentOptions } from "node:https";
import { join } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import type { AgentAddress } from "./address.ts";
import { transportError } from "./errors.ts";
import type { ClientOptions, ClientTls } from "./options.ts";

/** One request as it goes on the wire. */
export interface TransportRequest {
	readonly method: string;
	/** Encoded, with its query; starts with `/`. */
	readonly target: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array;
	readonly signal?: AbortSignal;
	/** For the whole exchange, the answer's body included; 0 waits for ever. */
	readonly timeoutMs: number;
}

/** An answer whose body has not been read yet; it must be read to its end or ended with `cancel`. */
export interface StreamedAnswer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	/** Fails with `AGENT_UNREACHABLE`, `REQUEST_TIMEOUT` or `REQUEST_ABORTED`. */
	readonly body: AsyncIterable<Buffer>;
	cancel(): void;
}

export interface Transport {
	/**
	 * Resolves when the answer's head is there.
	 * Errors: `AGENT_UNREACHABLE`, `TLS_FAILED`, `REQUEST_TIMEOUT`, `REQUEST_ABORTED`, `ANSWER_INVALID`, `TLS_FILE_UNREADABLE`.
	 */
	send(request: TransportRequest): Promise<StreamedAnswer>;
	/** Closes every connection; requests under way fail. Idempotent. */
	close(): void;
}

const connectTimeoutMsDefault = 10_000;
const idleConnectionMsDefault = 30_000;

/**
 * HTTP/1.1 to one agent over kept connections, as many as there are requests at once (each blocking query holds one).
 * `node:https` is loaded with the first TLS request only: it costs a short-lived program some 15 ms.
 */
export function createTransport(address: AgentAddress, options: ClientOptions): Transport {
	const idleMs = options.idleConnectionMs ?? idleConnectionMsDefault;
	const pool = { keepAlive: idleMs > 0, keepAliveMsecs: 30_000, maxSockets: Number.POSITIVE_INFINITY, timeout: idleMs };
	const plain = new Agent(pool);
	let secure: Promise<{ agent: HttpsAgent; request: typeof httpRequest }> | undefined;
	const loadSecure = () => {
		secure ??= import("node:https").then((https) => ({
			agent: new https.Agent({ ...pool, ...tlsOptions(options.tls ?? {}) }),
			request: https.request,
		}));
		return secure;
	};
	const attempt = (request: TransportRequest) =>
		address.protocol === "http"
			? exchange(httpRequest, plain, address, request, options.connectTimeoutMs)
			: loadSecure().then((wire) => exchange(wire.request, wire.agent, address, request, options.connectTimeoutMs));
	return {
		async send(request) {
			try {
				return await attempt(request);
			} catch (error) {
				if (!(error instanceof StaleConnection)) throw error;
				// RFC 9110 §9.2.2: a kept connection may close just as we use it; only what is safe to repeat is sent again.
				if (request.method === "GET") return attempt(request);
				throw transportError(error.cause, address.text);
			}
		},
		close() {
			plain.destroy();
			secure?.then(({ agent }) => agent.destroy()).catch(() => undefined);
		},
	};
}

/** The agent closed a kept connection at the moment it was used again. */
class StaleConnection extends Error {}

function exchange(
	start: typeof httpRequest,
	agent: Agent,
	address: AgentAddress,
	request: TransportRequest,
	connectTimeoutMs = connectTimeoutMsDefault,
): Promise<StreamedAnswer> {
	return new Promise((resolve, reject) => {
		if (request.signal?.aborted === true) {
			reject(aborted());
			return;
		}
		const outgoing = start({
			agent,
			method: request.method,
			path: address.pathPrefix + request.target,
			headers: withLength(request),
			...(address.socketPath === undefined
				? { host: address.host, port: address.port }
				: { socketPath: address.socketPath, headers: { host: "localhost", ...withLength(request) } }),
		});
		const limits = watchLimits(outgoing, address, request, connectTimeoutMs);
		let answered = false;
		outgoing.once("response", (incoming) => {
			answered = true;
			resolve({
				status: incoming.statusCode ?? 0,
				headers: incoming.headers,
				body: readBody(incoming, address, limits),
				cancel: () => {
					limits.stop();
					incoming.destroy();
				},
			});
		});
		outgoing.on("error", (error) => {
			if (answered) return;
			limits.stop();
			const stale =
				limits.broken() === undefined && outgoing.reusedSocket && /^E(?:CONNRESET|PIPE)$/.test(errorCode(error) ?? "");
			reject(
				stale
					? new StaleConnection("kept connection closed", { cause: error })
					: (limits.broken() ?? transportError(error, address.text)),
			);
		});
		outgoing.end(request.body);
	});
}

/** The three things that end an exchange early: the caller's signal, no connection in time, no whole answer in time. */
interface Limits {
	/** The reason when one of them struck. */
	broken(): DiscoError | undefined;
	stop(): void;
}

function watchLimits(
	outgoing: ClientRequest,
	address: AgentAddress,
	request: TransportRequest,
	connectTimeoutMs: number,
): Limits {
	let reason: DiscoError | undefined;
	const strike = (error: DiscoError) => {
		reason ??= error;
		stop();
		outgoing.destroy(reason);
	};
	const onAbort = () => strike(aborted());
	request.signal?.addEventListener("abort", onAbort, { once: true });
	const whole =
		request.timeoutMs > 0
			? setTimeout(() => strike(timedOut(address, request, request.timeoutMs)), request.timeoutMs)
			: undefined;
	let connecting: NodeJS.Timeout | undefined;
	outgoing.once("socket", (socket) => {
		if (!socket.connecting || reason !== undefined) return;
		connecting = setTimeout(() => {
			strike(
				new DiscoError(
					"AGENT_UNREACHABLE",
					`cannot reach the agent at ${address.text}: no connection in ${connectTimeoutMs} ms`,
					{
						retryable: true,
					},
				),
			);
		}, connectTimeoutMs);
		socket.once("connect", () => clearTimeout(connecting));
	});
	const stop = () => {
		clearTimeout(whole);
		clearTimeout(connecting);
		request.signal?.removeEventListener("abort", onAbort);
	};
	return { broken: () => reason, stop };
}

async function* readBody(incoming: IncomingMessage, address: AgentAddress, limits: Limits): AsyncGenerator<Buffer> {
	try {
		for await (const chunk of incoming) yield chunk as Buffer;
	} catch (error) {
		throw limits.broken() ?? transportError(error, address.text);
	} finally {
		limits.stop();
	}
	const broken = limits.broken();
	if (broken !== undefined) throw broken;
}

function withLength(request: TransportRequest): Record<string, string> {
	const headers: Record<string, string> = { ...request.headers };
	if (request.body !== undefined) headers["content-length"] = String(Buffer.byteLength(request.body));
	else if (request.method !== "GET" && request.method !== "HEAD") headers["content-length"] = "0";
	return headers;
}

function aborted(): DiscoError {
	return new DiscoError("REQUEST_ABORTED", "the request was cancelled");
}

function timedOut(address: AgentAddress, request: TransportRequest, timeoutMs: number): DiscoError {
	const path = request.target.split("?")[0];
	return new DiscoError(
		"REQUEST_TIMEOUT",
		`the agent at ${address.text} did not answer ${request.method} ${path} within ${timeoutMs} ms`,
		{ retryable: true },
	);
}

function tlsOptions(tls: ClientTls): HttpsAgentOptions {
	const authorities = [
		...(tls.caFile === undefined ? [] : [pem(tls.caFile, "CA file")]),
		...(tls.caFolder === undefined ? [] : pemFolder(tls.caFolder)),
	];
	return {
		...(authorities.length === 0 ? {} : { ca: authorities }),
		...(tls.certFile === undefined ? {} : { cert: pem(tls.certFile, "client certificate") }),
		...(tls.keyFile === undefined ? {} : { key: pem(tls.keyFile, "client key") }),
		...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
		rejectUnauthorized: tls.verify ?? true,
	};
}

function pemFolder(folder: string): Buffer[] {
	try {
		return readdirSync(folder, { withFileTypes: true })
			.filter((entry) => !entry.isDirectory())
			.map((entry) => readFileSync(join(folder, entry.name)));
	} catch (error) {
		throw unreadable(folder, "CA folder", error);
	}
}

function pem(path: string, what: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		throw unreadable(path, what, error);
	}
}

function unreadable(path: string, what: string, error: unknown): DiscoError {
	return new DiscoError("TLS_FILE_UNREADABLE", `${what} ${path}: ${errorMessage(error)}; give a readable PEM file`);
}
