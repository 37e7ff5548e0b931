import type { IncomingHttpHeaders } from "node:http";
import { isPlainPath } from "./paths.ts";

/** A request that is whole and holds nothing unusual. */
export interface QuickRequest {
	readonly method: string;
	/** Path and query as they came. */
	readonly url: string;
	readonly path: string;
	/** After the `?`. */
	readonly search: string;
	readonly head: QuickHead;
	/** Shares memory with what was read. */
	readonly body: Uint8Array;
	readonly hasBody: boolean;
	/** How much of what was read it takes. */
	readonly sizeBytes: number;
}

/** The header lines and what they say; a client sends the same ones again and again. */
export interface QuickHead {
	readonly lines: string;
	readonly headers: IncomingHttpHeaders;
	readonly contentLength: number | undefined;
}

/** Request line and headers together; what is longer is not usual. */
const headBytesMax = 16 * 1024;

const requestLine = /^(GET|PUT|DELETE) (\/v1\/[^\s?#]*)(?:\?([!-"$-~]*))? HTTP\/1\.1$/;
const headerLine = /^([A-Za-z][A-Za-z0-9-]*):[ \t]*([!-~](?:[ -~]*[!-~])?)?[ \t]*$/;

/** Headers that change how the connection or the body is to be understood: node:http's business. */
const unusual = new Set([
	"expect",
	"http2-settings",
	"keep-alive",
	"proxy-connection",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
]);

/**
 * The request at the beginning of `chunk`; undefined when it is not whole, or when anything about it leaves room for a question:
 * then node:http decides, from the first byte. `former` is the head of the connection's request before.
 */
export function parseQuickRequest(chunk: Buffer, former: QuickHead | undefined): QuickRequest | undefined {
	const text = chunk.toString("latin1", 0, Math.min(chunk.length, headBytesMax));
	const lineEnd = text.indexOf("\r\n");
	const headEnd = text.indexOf("\r\n\r\n", lineEnd);
	if (lineEnd < 0 || headEnd < 0) return undefined;
	const line = requestLine.exec(text.slice(0, lineEnd));
	if (line === null) return undefined;
	const [, method = "", path = "", search] = line;
	if (!isPlainPath(path)) return undefined;
	const lines = text.slice(lineEnd + 2, headEnd);
	const head = former?.lines === lines ? former : parseHead(lines);
	if (head === undefined) return undefined;
	const { contentLength } = head;
	if (method === "GET" && contentLength !== undefined) return undefined;
	const bodyFrom = headEnd + 4;
	const sizeBytes = bodyFrom + (contentLength ?? 0);
	if (sizeBytes > chunk.length) return undefined;
	return {
		method,
		url: search === undefined ? path : `${path}?${search}`,
		path,
		search: search ?? "",
		head,
		body: chunk.subarray(bodyFrom, sizeBytes),
		hasBody: contentLength !== undefined && contentLength > 0,
		sizeBytes,
	};
}

function parseHead(lines: string): QuickHead | undefined {
	const headers = Object.create(null) as Record<string, string>;
	for (const line of lines.split("\r\n")) {
		const [, given, value = ""] = headerLine.exec(line) ?? [];
		if (given === undefined) return undefined;
		const name = given.toLowerCase();
		// Of a repeated header node:http keeps the first, the last or all, each as its standard says.
		if (unusual.has(name) || name in headers) return undefined;
		if (name === "connection" && value.toLowerCase() !== "keep-alive") return undefined;
		headers[name] = value;
	}
	const { host, "content-length": length } = headers;
	if (host === undefined || (length !== undefined && !/^\d{1,9}$/.test(length))) return undefined;
	// The type of a body is what the endpoint says.
	delete headers["content-type"];
	return { lines, headers, contentLength: length === undefined ? undefined : Number(length) };
}
