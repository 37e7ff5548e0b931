import type { Clock } from "../../lib/env/index.ts";
import {
	type EncodedAnswers,
	type EncodedBody,
	encodedText,
	encodePieces,
	encodeValue,
	squeezed,
} from "./encode-body.ts";
import type { Exchange } from "./exchange.ts";
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
export function send(exchange: Exchange, reply: Reply, options: SendOptions): Promise<void> | void {
	const { body } = reply;
	if (body.kind === "stream") {
		const headers = [...headersOf(reply, options.headers), "Content-Type", body.contentType];
		return exchange.stream(reply.status, headers, body.pieces);
	}
	const encoding = bodyOf(reply, options);
	if (encoding instanceof Promise) return encoding.then((encoded) => write(exchange, reply, encoded, options.headers));
	write(exchange, reply, encoding, options.headers);
}

/** A reply that is no answer of the API: nothing but what it says itself. */
export function sendBare(exchange: Exchange, reply: Reply): void {
	const { body } = reply;
	if (body.kind === "text") write(exchange, reply, encodedText(body.text, textType), []);
	else write(exchange, reply, body.kind === "bytes" ? encodedBytes(body) : undefined, []);
}

const textType = "text/plain; charset=utf-8";

function write(exchange: Exchange, reply: Reply, body: EncodedBody | undefined, common: readonly string[]): void {
	const headers = headersOf(reply, common);
	if (body === undefined) headers.push("Content-Length", "0");
	else {
		headers.push("Content-Type", body.contentType);
		if (body.isCompressed) headers.push("Content-Encoding", "gzip");
		headers.push("Content-Length", String(body.byteLength));
	}
	exchange.answer(reply.status, headers, body);
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
			return squeezed(encodedBytes(body), options.gzip);
		case "json":
			return squeezed(encodeValue(body.value, options.pretty), options.gzip);
		case "json-pieces":
			return encodePieces(body.pieces, options, options.encoded, options.clock);
	}
}

function encodedBytes({ bytes, contentType }: Reply["body"] & { readonly kind: "bytes" }): EncodedBody {
	return { content: bytes, byteLength: bytes.byteLength, contentType, isCompressed: false, isAscii: false };
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
