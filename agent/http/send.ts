import type { ServerResponse } from "node:http";
import type { Clock } from "../../lib/env/index.ts";
import {
	type EncodedAnswers,
	type EncodedBody,
	encodedText,
	encodePieces,
	encodeValue,
	squeezed,
} from "./encode-body.ts";
import type { Reply } from "./reply.ts";

/** How this reader wants it. */
interface SendOptions {
	readonly pretty: boolean;
	/** The client takes gzip. */
	readonly gzip: boolean;
	readonly encoded: EncodedAnswers;
	readonly clock: Clock;
	/** What every answer of this server has: name, value, name, value ... */
	readonly headers: readonly string[];
}

/** Turns a reply into bytes and sends it; header names are spelt as the documentation does, scripts look for them. */
export async function send(response: ServerResponse, reply: Reply, options: SendOptions): Promise<void> {
	const { body } = reply;
	if (body.kind === "stream") return sendStream(response, reply, body, options);
	const encoding = bodyOf(reply, options);
	write(response, reply, encoding instanceof Promise ? await encoding : encoding, options.headers);
}

/** A reply that is no answer of the API: nothing but what it says itself. */
export function sendBare(response: ServerResponse, reply: Reply): void {
	const body = reply.body.kind === "text" ? encodedText(reply.body.text, textType) : undefined;
	write(response, reply, body, []);
}

const textType = "text/plain; charset=utf-8";

function write(response: ServerResponse, reply: Reply, body: EncodedBody | undefined, common: readonly string[]): void {
	if (response.destroyed) return;
	const headers = headersOf(reply, common);
	if (body === undefined) {
		headers.push("Content-Length", "0");
		response.writeHead(reply.status, headers).end();
		return;
	}
	headers.push("Content-Type", body.contentType);
	if (body.isCompressed) headers.push("Content-Encoding", "gzip");
	headers.push("Content-Length", String(body.byteLength));
	response.writeHead(reply.status, headers);
	if (typeof body.content === "string") response.end(body.content, body.isAscii ? "latin1" : "utf8");
	else response.end(body.content);
}

/** What a reply says itself wins over what all answers have. */
function headersOf(reply: Reply, common: readonly string[]): string[] {
	const headers = [...common];
	for (const name in reply.headers) {
		const value = reply.headers[name];
		if (value === undefined) continue;
		const known = headers.indexOf(name);
		if (known < 0) headers.push(name, value);
		else headers[known + 1] = value;
	}
	return headers;
}

function bodyOf(reply: Reply, options: SendOptions): EncodedBody | undefined | Promise<EncodedBody> {
	const { body } = reply;
	switch (body.kind) {
		case "empty":
		case "stream":
			return undefined;
		case "text":
			return squeezed(encodedText(body.text, textType), options.gzip);
		case "bytes":
			return squeezed(
				{
					content: body.bytes,
					byteLength: body.bytes.byteLength,
					contentType: body.contentType,
					isCompressed: false,
					isAscii: false,
				},
				options.gzip,
			);
		case "json":
			return squeezed(encodeValue(body.value, options.pretty), options.gzip);
		case "json-pieces":
			return encodePieces(body.pieces, options, options.encoded, options.clock);
	}
}

/** Chunk by chunk; the next one is made when the client has taken those before. */
async function sendStream(
	response: ServerResponse,
	reply: Reply,
	body: { readonly pieces: AsyncIterable<Uint8Array | string>; readonly contentType: string },
	options: SendOptions,
): Promise<void> {
	if (response.destroyed) return;
	response.writeHead(reply.status, [...headersOf(reply, options.headers), "Content-Type", body.contentType]);
	response.flushHeaders();
	for await (const piece of body.pieces) {
		if (response.destroyed) return;
		if (!response.write(piece)) await drained(response);
	}
	response.end();
}

function drained(response: ServerResponse): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			response.off("drain", done);
			response.off("close", done);
			resolve();
		};
		response.on("drain", done);
		response.on("close", done);
	});
}

/** Whether an `Accept-Encoding` header takes gzip (RFC 9110 section 12.5.3; `q=0` refuses). */
export function acceptsGzip(header: string | undefined): boolean {
	if (header === undefined) return false;
	return header.split(",").some((part) => {
		const [coding, ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
		if (coding !== "gzip" && coding !== "*") return false;
		return !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
	});
}
