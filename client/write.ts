import { callOptions, parseJson } from "./read.ts";
import type { CallOptions, QueryValue, Requester } from "./request.ts";

/** What a write sends beside its path. */
interface Content {
	readonly method?: "PUT" | "POST" | "DELETE";
	readonly json?: unknown;
	readonly body?: string | Uint8Array;
	readonly query?: Readonly<Record<string, QueryValue>>;
}

/** Sends a change whose answer says nothing more than that it was done. `PUT` unless told otherwise. */
export async function write(
	requester: Requester,
	path: string,
	options: CallOptions = {},
	content: Content = {},
): Promise<void> {
	await requester.call({ method: "PUT", path, ...callOptions(options), ...content });
}

/** As `write`, but gives the answer's JSON. Error: `ANSWER_INVALID` when it is none. */
export async function writeJson<T>(
	requester: Requester,
	path: string,
	options: CallOptions = {},
	content: Content = {},
): Promise<T> {
	const answer = await requester.call({ method: "PUT", path, ...callOptions(options), ...content });
	return parseJson<T>(answer.body.toString("utf8"), path);
}
