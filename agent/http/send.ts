import type { FastifyReply } from "fastify";
import type { Clock } from "../../lib/env/index.ts";
import { compressed, type EncodedAnswers, encodePieces, encodeValue, gzipBytesMin } from "./encode-body.ts";
import type { Reply } from "./reply.ts";

/** How this reader wants it. */
interface SendOptions {
	readonly pretty: boolean;
	/** The client takes gzip. */
	readonly gzip: boolean;
	readonly encoded: EncodedAnswers;
	readonly clock: Clock;
	/** What every answer of this server has. */
	readonly headers: Readonly<Record<string, string>>;
}

/**
 * Turns a reply into bytes and sends it. Past Fastify, which writes header names in lower case: scripts look for
 * `X-Consul-Index` as the documentation spells it.
 */
export async function send(to: FastifyReply, reply: Reply, options: SendOptions): Promise<void> {
	const { contentType, bytes, isCompressed } = await bodyBytes(reply, options);
	to.hijack();
	if (to.raw.destroyed) return;
	to.raw.writeHead(reply.status, {
		...options.headers,
		...(contentType === undefined ? {} : { "Content-Type": contentType }),
		...(isCompressed ? { "Content-Encoding": "gzip" } : {}),
		...reply.headers,
		"Content-Length": bytes?.byteLength ?? 0,
	});
	to.raw.end(bytes);
}

interface Body {
	readonly contentType?: string;
	readonly bytes: Uint8Array | undefined;
	readonly isCompressed: boolean;
}

async function bodyBytes(reply: Reply, options: SendOptions): Promise<Body> {
	const { body } = reply;
	switch (body.kind) {
		case "empty":
			return { bytes: undefined, isCompressed: false };
		case "text":
			return squeezed("text/plain; charset=utf-8", Buffer.from(body.text), options);
		case "bytes":
			return squeezed(body.contentType, body.bytes, options);
		case "json":
			return squeezed("application/json", encodeValue(body.value, options.pretty), options);
		case "json-pieces": {
			const bytes = await encodePieces(body.pieces, options, options.encoded, options.clock);
			return { contentType: "application/json", bytes, isCompressed: options.gzip && isGzip(bytes) };
		}
	}
}

async function squeezed(contentType: string, bytes: Uint8Array, options: SendOptions): Promise<Body> {
	if (!options.gzip || bytes.byteLength < gzipBytesMin) return { contentType, bytes, isCompressed: false };
	return { contentType, bytes: await compressed(bytes), isCompressed: true };
}

/** RFC 1952: the first two bytes; JSON never begins with them. */
function isGzip(bytes: Uint8Array): boolean {
	return bytes[0] === 0x1f && bytes[1] === 0x8b;
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
