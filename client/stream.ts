import { type HttpStatusError, statusError } from "./errors.ts";
import { callOptions } from "./read.ts";
import type { CallOptions, QueryValue, Requester } from "./request.ts";
import type { StreamedAnswer } from "./transport.ts";

/** As much of an error's text as is read. */
const errorBytesMax = 4_000;

/** Opens an answer that is read piece by piece. Errors: those of `Requester.stream`, and `HTTP_STATUS`. */
export async function streamOf(
	requester: Requester,
	path: string,
	options: CallOptions = {},
	query: Readonly<Record<string, QueryValue>> = {},
): Promise<StreamedAnswer> {
	const answer = await requester.stream({ path, query, ...callOptions(options) });
	if (answer.status === 200) return answer;
	throw await streamError(requester, path, answer);
}

/** The error that an answer of another status is; its connection is given up. */
export async function streamError(
	requester: Requester,
	path: string,
	answer: StreamedAnswer,
): Promise<HttpStatusError> {
	const chunks: Buffer[] = [];
	let sizeBytes = 0;
	for await (const chunk of answer.body) {
		chunks.push(chunk);
		sizeBytes += chunk.length;
		if (sizeBytes >= errorBytesMax) break;
	}
	answer.cancel();
	return statusError(requester.address, "GET", path, { status: answer.status, body: Buffer.concat(chunks) });
}
