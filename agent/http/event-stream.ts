import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { encodeJson } from "../../lib/json/index.ts";
import type { EndSignal } from "../rpc/index.ts";
import { deltaJson, type Elements, type EncodedElements, elementsOf, snapshotJson } from "./delta.ts";
import { type EncodedAnswers, encodePieces, piecesOf } from "./encode-body.ts";
import { badRequest } from "./failures.ts";
import type { Query } from "./query-string.ts";
import { type Reply, stream } from "./reply.ts";
import type { ApiRequest, Context, Operation } from "./route.ts";
import type { Turns } from "./turns.ts";

/** How long one wait takes before a sign of life is sent; a connection that is dead is noticed by it. */
const roundMs = 30_000;
/** A client that lost the stream comes back after this. */
const retryMs = 1_000;

interface StreamParts {
	readonly encoded: EncodedAnswers;
	readonly encodedElements: EncodedElements;
	readonly turns: Turns;
}

/**
 * `?stream` on a blocking endpoint: Server-Sent Events (WHATWG HTML section 9.2), one for each state of the answer that the client
 * was fast enough to take; what happened meanwhile is in the next one, so nothing piles up here. The event's id is the index, and a
 * client that comes back with it in `Last-Event-ID` is sent nothing that it has.
 *
 * Event `snapshot` is the answer as it is without `?stream` (`[]` for a key that is not there). With `&delta` it is an object of the
 * answer's elements by key, and what follows are events `delta`: `{"Added":{key:element},"Changed":{...},"Removed":[key]}`.
 *
 * Fails with 400 where there is nothing to wait for.
 */
export async function eventStream(
	request: ApiRequest,
	context: Context,
	operation: Operation,
	parts: StreamParts,
): Promise<Reply> {
	if (request.query.has("raw")) throw badRequest("Cannot stream a raw value; leave out raw");
	const first = await ask(request, context, operation, "");
	if (first.status !== 200 && first.status !== 404) return first;
	if (indexOf(first) === undefined) throw badRequest("This endpoint cannot be streamed: it has no index to wait for");
	const seen = request.headers["last-event-id"];
	const events = eventsOf(first, typeof seen === "string" ? seen : "", {
		next: (index) => ask(request, context, operation, index),
		signal: request.signal(),
		delta: request.query.has("delta"),
		context,
		parts,
	});
	return stream(events, "text/event-stream", { "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
}

interface Source {
	readonly next: (index: string) => Promise<Reply>;
	readonly signal: EndSignal;
	readonly delta: boolean;
	readonly context: Context;
	readonly parts: StreamParts;
}

async function* eventsOf(first: Reply, seen: string, source: Source): AsyncGenerator<Uint8Array | string> {
	const { signal, parts } = source;
	yield `retry: ${retryMs}\n\n`;
	let reply = first;
	let index = indexOf(first) ?? "1";
	let known: Elements | undefined;
	if (index === seen) known = source.delta ? keyed(reply, parts) : undefined;
	else {
		const opening = await snapshot(reply, index, source);
		known = opening.elements;
		yield* opening.pieces;
	}
	while (!signal.aborted) {
		try {
			reply = await source.next(index);
		} catch (error) {
			if (!signal.aborted) yield frame("error", undefined, encodeJson(errorMessage(error)));
			return;
		}
		await parts.turns.next();
		const now = indexOf(reply) ?? index;
		if (now === index) {
			yield ":\n\n";
			continue;
		}
		index = now;
		const elements = source.delta ? keyed(reply, parts) : undefined;
		if (known === undefined || elements === undefined) {
			const whole = await snapshot(reply, index, source);
			known = whole.elements;
			yield* whole.pieces;
			continue;
		}
		// Nothing that this question shows may have changed; the id moves on nevertheless.
		yield frame("delta", index, deltaJson(known, elements) ?? '{"Added":{},"Changed":{},"Removed":[]}');
		known = elements;
	}
}

async function snapshot(
	reply: Reply,
	index: string,
	{ delta, context, parts }: Source,
): Promise<{ readonly elements: Elements | undefined; readonly pieces: readonly (Uint8Array | string)[] }> {
	const elements = delta ? keyed(reply, parts) : undefined;
	if (elements !== undefined) return { elements, pieces: [frame("snapshot", index, snapshotJson(elements))] };
	const data = await wholeBody(reply, context, parts);
	return { elements: undefined, pieces: [`id: ${index}\nevent: snapshot\ndata: `, ...data, "\n\n"] };
}

/** On one line, as an event's data must be; shared with the answers of long polls. */
async function wholeBody(
	{ body }: Reply,
	{ clock }: Context,
	{ encoded }: StreamParts,
): Promise<readonly (Uint8Array | string)[]> {
	switch (body.kind) {
		case "json":
			return [encodeJson(body.value)];
		case "json-pieces":
			return piecesOf((await encodePieces(body.pieces, { pretty: false, gzip: false }, encoded, clock)).content);
		// A key that is not there; the rest does not come from what has an index.
		case "empty":
		case "text":
		case "bytes":
		case "stream":
			return ["[]"];
	}
}

/** The answer's elements; a key that is not there, or no key below a prefix, has none. */
function keyed({ body }: Reply, { encodedElements }: StreamParts): Elements | undefined {
	if (body.kind === "empty") return new Map();
	return body.kind === "json-pieces" ? elementsOf(body.pieces, encodedElements) : undefined;
}

function frame(event: string, id: string | undefined, data: string): string {
	return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

function indexOf({ headers }: Reply): string | undefined {
	return headers["X-Consul-Index"];
}

/** The question as a long poll from `index` on; empty: as it is now. */
async function ask(request: ApiRequest, context: Context, operation: Operation, index: string): Promise<Reply> {
	const reply = await operation.handle(new LongPoll(request, { index, wait: `${roundMs}ms` }), context);
	if (index !== "" && reply.status !== 200 && reply.status !== 404) {
		throw new DiscoError("STREAM_ENDED", reply.body.kind === "text" ? reply.body.text : `status ${reply.status}`);
	}
	return reply;
}

/** A request with some of its parameters replaced. */
class LongPoll implements ApiRequest {
	readonly query: Query;
	readonly #request: ApiRequest;

	constructor(request: ApiRequest, replaced: Readonly<Record<string, string>>) {
		const { query } = request;
		this.#request = request;
		this.query = {
			first: (name) => (Object.hasOwn(replaced, name) ? replaced[name] : query.first(name)),
			all: (name) => query.all(name),
			has: (name) => query.has(name),
			isEmpty: false,
		};
	}

	get item() {
		return this.#request.item;
	}
	get url() {
		return this.#request.url;
	}
	get headers() {
		return this.#request.headers;
	}
	get body() {
		return this.#request.body;
	}
	get bodyStream() {
		return this.#request.bodyStream;
	}
	get token() {
		return this.#request.token;
	}
	get authorizer() {
		return this.#request.authorizer;
	}
	get readLimits() {
		return this.#request.readLimits;
	}
	signal(): EndSignal {
		return this.#request.signal();
	}
	clientAddress(): string {
		return this.#request.clientAddress();
	}
}
