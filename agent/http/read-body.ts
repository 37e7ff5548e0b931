import type { IncomingMessage } from "node:http";
import { DiscoError } from "../../lib/errors.ts";

/** A body this much above its limit is still read to its end, so that the answer reaches the client and the connection stays. */
const slackFactor = 2;
const nothing = new Uint8Array();

/** A body and how long it was; `bytes` are empty when it was longer than the limit. */
export interface ReadBody {
	readonly bytes: Uint8Array;
	readonly size: number;
}

/** Whether a request carries a body at all (RFC 9112 section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
	return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/**
 * Reads a body of at most `sizeMax` bytes. A longer one is thrown away, and not even read to its end when it is more than twice
 * as long. Fails with `HTTP_CLIENT_GONE`.
 */
export function readBody(request: IncomingMessage, sizeMax: number): Promise<ReadBody> {
	const declared = Number(request.headers["content-length"] ?? 0);
	if (declared > sizeMax * slackFactor) return Promise.resolve({ bytes: nothing, size: declared });
	return new Promise((resolve, reject) => {
		let chunks: Buffer[] = [];
		let size = 0;
		request.on("data", (chunk: Buffer) => {
			size += chunk.length;
			if (size <= sizeMax) chunks.push(chunk);
			else chunks = [];
			if (size > sizeMax * slackFactor) resolve({ bytes: nothing, size });
		});
		request.on("end", () => {
			const [first = nothing] = chunks;
			resolve({ bytes: size > sizeMax ? nothing : chunks.length <= 1 ? first : Buffer.concat(chunks), size });
		});
		request.on("error", (error) => reject(new DiscoError("HTTP_CLIENT_GONE", error.message, { cause: error })));
	});
}
