import { DiscoError, errorMessage } from "../lib/errors.ts";

const documentMsMax = 10_000;
const documentBytesMax = 1024 * 1024;

/** The body at `url`, for `httpGet` in `-tags`. Error: `TAGS_DOCUMENT_FAILED` (no answer in 10 s, not 2xx, above 1 MiB). */
export async function httpDocument(url: string): Promise<Uint8Array> {
	try {
		const answer = await fetch(url, { signal: AbortSignal.timeout(documentMsMax) });
		if (!answer.ok) throw new Error(`status ${answer.status}`);
		const pieces: Uint8Array[] = [];
		let sizeBytes = 0;
		for await (const piece of answer.body ?? []) {
			sizeBytes += piece.length;
			if (sizeBytes > documentBytesMax) throw new Error(`more than ${documentBytesMax} bytes`);
			pieces.push(piece);
		}
		return Buffer.concat(pieces);
	} catch (error) {
		throw new DiscoError("TAGS_DOCUMENT_FAILED", `-tags: httpGet ${url}: ${errorMessage(error)}`, { cause: error });
	}
}
