import type { IncomingHttpHeaders } from "node:http";
import { DiscoError } from "../lib/errors.ts";
import { defaultAddress, parseAgentAddress } from "./address.ts";
import { statusError } from "./errors.ts";
import type { ClientOptions } from "./options.ts";
import { createTransport, type StreamedAnswer } from "./transport.ts";

/** A query parameter: `true` stands alone (`?recurse`), undefined and false are left out, a list is repeated. */
export type QueryValue = string | number | bigint | boolean | readonly string[] | undefined;

/** What every call takes. */
export interface CallOptions {
	/** Instead of the client's. */
	readonly token?: string;
	/** Another data center than the agent's. */
	readonly datacenter?: string;
	/** Ends the call with `REQUEST_ABORTED`. */
	readonly signal?: AbortSignal;
	/** For the whole exchange; 0 waits for ever. */
	readonly timeoutMs?: number;
}

export interface RequestOptions extends CallOptions {
	/** `GET` unless given. */
	readonly method?: string;
	/** Encoded; starts with `/v1/`. */
	readonly path: string;
	readonly query?: Readonly<Record<string, QueryValue>>;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array;
	/** A body as JSON; not together with `body`. */
	readonly json?: unknown;
	/** Instead of the client's. */
	readonly answerBytesMax?: number;
}

/** A whole answer of any status. */
export interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;
}

/** The untyped side of a client: any path, any status. The families (`client.kv`, ...) stand on it. */
export interface Requester {
	/** The agent's address for messages, without a token or password. */
	readonly address: string;
	/**
	 * Sends and reads the whole answer, whatever its status.
	 * Errors: `AGENT_UNREACHABLE`, `TLS_FAILED`, `REQUEST_TIMEOUT`, `REQUEST_ABORTED`, `ANSWER_INVALID`, `ANSWER_TOO_LARGE`.
	 */
	request(options: RequestOptions): Promise<Answer>;
	/** As `request`, but gives a body that is read piece by piece (log streams, snapshots). No time-out unless one is given. */
	stream(options: RequestOptions): Promise<StreamedAnswer>;
	/** As `request`, but a status other than 2xx fails with `HTTP_STATUS`. */
	call(options: RequestOptions): Promise<Answer>;
	close(): void;
}

const timeoutMsDefault = 60_000;
const answerBytesMaxDefault = 256 * 1024 * 1024;

/** Errors: `ADDRESS_INVALID`. */
export function createRequester(options: ClientOptions): Requester {
	const address = parseAgentAddress(options.address ?? defaultAddress, { tls: options.tlsEnabled ?? false });
	const transport = createTransport(address, options);
	const stream = (request: RequestOptions, timeoutMs: number) =>
		transport.send({
			method: request.method ?? "GET",
			target: request.path + queryText({ dc: request.datacenter ?? options.datacenter, ...request.query }),
			headers: headersOf(request, options),
			timeoutMs: request.timeoutMs ?? timeoutMs,
			...bodyOf(request),
			...(request.signal === undefined ? {} : { signal: request.signal }),
		});
	const request = async (wanted: RequestOptions): Promise<Answer> => {
		const answer = await stream(wanted, options.timeoutMs ?? timeoutMsDefault);
		const bytesMax = wanted.answerBytesMax ?? options.answerBytesMax ?? answerBytesMaxDefault;
		return { status: answer.status, headers: answer.headers, body: await wholeBody(answer, bytesMax, wanted.path) };
	};
	return {
		address: address.text,
		request,
		stream: (wanted) => stream(wanted, 0),
		async call(wanted) {
			const answer = await request(wanted);
			if (answer.status >= 200 && answer.status < 300) return answer;
			throw statusError(address.text, wanted.method ?? "GET", wanted.path, answer);
		},
		close: () => transport.close(),
	};
}

async function wholeBody(answer: StreamedAnswer, bytesMax: number, path: string): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let sizeBytes = 0;
	for await (const chunk of answer.body) {
		sizeBytes += chunk.length;
		if (sizeBytes > bytesMax) {
			answer.cancel();
			throw new DiscoError("ANSWER_TOO_LARGE", `the answer to ${path} is larger than ${bytesMax} bytes; ask for less`);
		}
		chunks.push(chunk);
	}
	return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, sizeBytes);
}

function bodyOf(request: RequestOptions): { readonly body?: string | Uint8Array } {
	if (request.json !== undefined) return { body: JSON.stringify(request.json) };
	return request.body === undefined ? {} : { body: request.body };
}

function headersOf(request: RequestOptions, options: ClientOptions): Record<string, string> {
	const token = request.token ?? options.token ?? "";
	const auth = options.basicAuth;
	return {
		...(token === "" ? {} : { "x-consul-token": token }),
		...(auth === undefined
			? {}
			: { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}` }),
		...(request.json === undefined ? {} : { "content-type": "application/json" }),
		...request.headers,
	};
}

function queryText(query: Readonly<Record<string, QueryValue>>): string {
	const parts: string[] = [];
	for (const [name, value] of Object.entries(query)) {
		if (value === undefined || value === false) continue;
		if (value === true) parts.push(encodeURIComponent(name));
		else {
			for (const one of Array.isArray(value) ? value : [value]) {
				parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
			}
		}
	}
	return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** A path below `/v1/` from its parts, each encoded. */
export function v1(...segments: readonly string[]): string {
	return `/v1/${segments.map(encodeURIComponent).join("/")}`;
}
